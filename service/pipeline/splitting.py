"""A text into the pieces that a model translates well: sentences, or parts of overlong ones.

Nothing is lost: what stands between two pieces (blanks, line ends, bullets, rules, emoji at the ends of
a sentence) is copied into the output as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

import sentencex  # type: ignore[import-untyped]

from models.tokenizer import Span, TokenizedText

LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_HAS_WORD = re.compile(r"[^\W_]")
_LEADING_BULLETS = re.compile(r"(?:[-*+•◦‣⁃▪▫●○■□►▸➢➤✓✔✗✘–—·>|]+\s+)*")
# Emoji and pictographs, with what may extend one: skin tones, joiners, variation selectors, keycaps, flags.
# The numerals among them, such as ❶ and 🄁, are text.
_EMOJI = (
    "\u2600-\u2775\u2794-\u27bf\u2b00-\u2bff\U0001f000-\U0001f0ff\U0001f10d-\U0001faff"
    "\u200d\ufe0e\ufe0f\u20e3\U000e0020-\U000e007f"
)
_LEADING_EMOJI = re.compile(f"(?:[{_EMOJI}]|\\s)*")
_TRAILING_EMOJI = re.compile(f"(?:[{_EMOJI}]|\\s)*$")
_CLAUSE_END = re.compile(r"[,;:)\]”»][\s]+|\s[–—-]\s+|[、，；：。！？]")
_BLANK = re.compile(r"\s+")

Tokenize = Callable[[str], TokenizedText]


def split_text(text: str, lang: str, *, split_sentences: bool = True) -> list[Span]:
    """Spans of the pieces to translate, in order. A line end always separates; sentences do if wanted.

    Pieces begin and end with something to translate; what holds no letter or digit is in none of them.
    """
    pieces: list[Span] = []
    for line in LINE.finditer(text):
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
        start, end = pending.pop()
        part = tokenize(text[start:end])
        cut = _cut(part) if len(part.ids) > max_tokens else None
        if cut is None:
            parts.append(_stripped(text, start, end))
        else:
            pending += [(start + cut, end), (start, start + cut)]
    return [(start, end) for start, end in parts if start < end]


def sentence_spans(text: str, lang: str) -> Iterator[Span]:
    """Spans of the sentences of `text`, blanks after them included: together they are the whole."""
    start = 0
    for sentence in sentencex.segment(lang, text):
        yield start, start + len(sentence)
        start += len(sentence)


def core_span(text: str, start: int, end: int) -> Span | None:
    """The span without blanks, bullets and emoji around it; None when no letter or digit remains."""
    if _HAS_WORD.search(text, start, end) is None:
        return None
    start, end = _stripped(text, start, end)
    if text[start].isalnum() and end - start > 0 and not _is_symbol(text[end - 1]):
        return start, end
    bullets = _LEADING_BULLETS.match(text, start, end)
    start = bullets.end() if bullets else start
    emoji = _LEADING_EMOJI.match(text, start, end)
    start = emoji.end() if emoji else start
    trailing = _TRAILING_EMOJI.search(text, start, end)
    return start, trailing.start() if trailing else end


def _is_symbol(character: str) -> bool:
    return character > "\u2000" and unicodedata.category(character)[0] in "SMC"


def _stripped(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _cut(part: TokenizedText) -> int | None:
    """Where to cut a part in two; None when it cannot be cut."""
    text = part.text
    quarter = len(text) // 4
    for boundary, first, last in (
        (_CLAUSE_END, quarter, len(text) - quarter),
        (_BLANK, quarter, len(text) - quarter),
        (_BLANK, 1, len(text) - 1),
    ):
        cuts = [match.end() for match in boundary.finditer(text, first, last) if match.end() < len(text)]
        if cuts:
            return min(cuts, key=lambda cut: abs(cut - len(text) / 2))
    token_starts = {span[0] for span in part.spans if span is not None}
    anywhere = sorted(token_starts - {0}) or list(range(1, len(text)))
    whole_characters = [cut for cut in anywhere if not _extends(text[cut])]
    return min(whole_characters or anywhere, key=lambda cut: abs(cut - len(text) / 2), default=None)


def _extends(character: str) -> bool:
    """Whether a character belongs to the one before it."""
    return character in "\u200d\ufe0e\ufe0f" or unicodedata.combining(character) != 0
