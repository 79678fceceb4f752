"""A text into the pieces that a model translates well: sentences, or parts of overlong ones.

Nothing is lost: what stands between two pieces (blanks, line ends, bullets, rules, lines without a letter,
emoji at the ends of a sentence) is copied into the output as it is.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence

from crosslate.models.language.graphemes import boundaries, is_boundary
from crosslate.models.tokenizers.tokenizer import Span, TokenizedText, trimmed
from crosslate.service.pipeline.language.marks import CLAUSE_MARKS, SENTENCE_MARKS
from crosslate.service.pipeline.sentences.sentence_ends import sentence_ends
from crosslate.service.pipeline.text.bare_sentences import is_bare

LINE = re.compile(r"[^\n\r\v\f\x00\x1c-\x1f\x85\u2028\u2029]+")
_HAS_WORD = re.compile(r"[^\W_]")
_LEADING_BULLETS = re.compile(r"(?:[-*+•◦‣⁃▪▫●○■□►▸➢➤✓✔✗✘–—·>|]+\s+)*(?:[*†‡]{1,3}(?=\w))?")
"""Also the mark of a note: `*Terms apply`."""
# Emoji and pictographs, with what may extend one: skin tones, joiners, variation selectors, keycaps, flags;
# what nobody sees, with which mails are filled up.
# The numerals among them, such as ❶ and 🄁, are text.
_EMOJI = (
    "\u2600-\u2775\u2794-\u27bf\u2b00-\u2bff\U0001f000-\U0001f0ff\U0001f10d-\U0001faff"
    "\xad\u034f\u200b-\u200d\u2060\ufeff\ufe0e\ufe0f\u20e3\U000e0020-\U000e007f"
)
_EMOJI_OR_BLANK = re.compile(f"[{_EMOJI}\\s]")
_CLAUSE_END = re.compile(rf"[,;:)\]”»][\s]+|\s[–—-]\s+|[{SENTENCE_MARKS}{CLAUSE_MARKS}](?!\d)\s*")
_BLANK = re.compile(r"\s+")

_WINDOW = 2048
"""Characters in which sentences are looked for at once: the time that `sentencex` takes grows with the square
of the length where a text has quotation marks, or letters of more than one byte."""

_MAX_PERIOD, _MIN_PERIODIC = 4, 32
"""Characters that are repeated, and how many there are of them in all."""

Tokenize = Callable[[str], TokenizedText]


def split_text(text: str, lang: str, *, split_sentences: bool = True) -> list[Span]:
    """Spans of the pieces to translate, in order. A line end always separates; sentences do if wanted.

    Pieces begin and end with something to translate; what holds no letter or digit is in none of them, nor is
    a line that holds no letter: of figures alone nobody can tell what they are.
    """
    if is_bare(text):
        return [(0, len(text))]
    pieces: list[Span] = []
    for line in LINE.finditer(text):
        if not any(map(str.isalpha, line.group())):
            continue
        sentences = sentence_spans(line.group(), lang) if split_sentences else iter([(0, len(line.group()))])
        for start, end in sentences:
            core = core_span(text, line.start() + start, line.start() + end)
            if core is not None:
                pieces.append(core)
    return pieces


def split_overlong(text: str, tokenize: Tokenize, max_tokens: int) -> list[Span]:
    """Spans of parts of one piece that have at most `max_tokens` tokens each, of roughly equal length.

    Cut after clause punctuation near the middle, else between words, else between tokens.
    """
    parts: list[Span] = []
    pending: list[Span] = [(0, len(text))]
    while pending:
        start, end = trimmed(text, *pending.pop())  # else a run of blanks would be cut off one by one
        part = tokenize(text[start:end])
        cut = _cut(part) if len(part.ids) > max_tokens else None
        if cut is None:
            parts.append((start, end))
        else:
            pending += [(start + cut, end), (start, start + cut)]
    return [(start, end) for start, end in parts if start < end]


def sentence_spans(text: str, lang: str) -> Iterator[Span]:
    """Spans of the sentences of `text`, blanks after them included: together they are the whole.

    Read in windows, each from the beginning of a sentence on: time is linear in the length.
    """
    start = at = 0
    while at < len(text):
        window = text[at : at + _WINDOW]
        ends = sentence_ends(window, lang)
        if at + len(window) < len(text):
            ends.pop()  # the last sentence may go on
        whole = boundaries(window)
        for end in ends:
            if is_boundary(whole, end):
                yield start, at + end
                start = at + end
        at += ends[-1] if ends else len(window)
    if start < len(text):
        yield start, len(text)


def core_span(text: str, start: int, end: int) -> Span | None:
    """The span without blanks, bullets and emoji around it; None when no letter or digit remains."""
    if not has_word(text, start, end):
        return None
    start, end = trimmed(text, start, end)
    if text[start].isalnum() and end - start > 0 and not _is_symbol(text[end - 1]):
        return start, end
    bullets = _LEADING_BULLETS.match(text, start, end)
    start = bullets.end() if bullets else start
    first, last = start, end
    while first < last and _EMOJI_OR_BLANK.match(text, first):
        first += 1
    while last > first and _EMOJI_OR_BLANK.match(text, last - 1):
        last -= 1
    # A cluster that is only in part an emoji stays whole.
    whole = boundaries(text, start, end)
    return whole[bisect_right(whole, first) - 1], whole[bisect_left(whole, last)]


def has_word(text: str, start: int, end: int) -> bool:
    """Whether there is a letter or a digit."""
    return _HAS_WORD.search(text, start, end) is not None


def is_periodic(text: str) -> bool:
    """Whether a text is up to `_MAX_PERIOD` characters again and again, and nothing else."""
    return len(text) >= _MIN_PERIODIC and any(
        text[period:] == text[:-period] for period in range(1, _MAX_PERIOD + 1)
    )


def _is_symbol(character: str) -> bool:
    return character > "\u2000" and unicodedata.category(character)[0] in "SMC"


def _cut(part: TokenizedText) -> int | None:
    """Where to cut a part in two; None when it cannot be cut."""
    text = part.text
    quarter = len(text) // 4
    whole = boundaries(text)
    for boundary, first, last in (
        (_CLAUSE_END, quarter, len(text) - quarter),
        (_BLANK, quarter, len(text) - quarter),
        (_BLANK, 1, len(text) - 1),
    ):
        ends = (match.end() for match in boundary.finditer(text, first, last))
        cuts = [cut for cut in ends if cut < len(text) and is_boundary(whole, cut)]
        if cuts:
            return _nearest_to_middle(cuts, text)
    token_starts = sorted({span[0] for span in part.spans if span is not None} - {0})
    between_tokens = [cut for cut in token_starts if is_boundary(whole, cut)]
    return _nearest_to_middle(between_tokens or whole[1:-1] or token_starts or range(1, len(text)), text)


def _nearest_to_middle(cuts: Sequence[int], text: str) -> int | None:
    return min(cuts, key=lambda cut: abs(cut - len(text) / 2), default=None)
