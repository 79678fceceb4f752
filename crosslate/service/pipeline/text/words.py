"""Words of a text, as word alignments count them.

Running text: blanks separate, punctuation at the edges of what remains is a word of its own, punctuation
inside it (`rock-and-roll`, `don't`, `3,5`, `U.S.`) is not. Text that was tokenized before, with blanks
around its punctuation, keeps exactly its tokens. Scripts without blanks give one word a character, or a run
of katakana. No word begins or ends within a grapheme cluster.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence

from crosslate.models.language.graphemes import boundaries, is_boundary
from crosslate.models.tokenizers.tokenizer import Span

_TOKEN = re.compile(r"\S+")
# What most tokens of European languages are needs no closer look: letters and figures, a mark behind them.
_PLAIN_OR_NOT = re.compile(r"([0-9A-Za-zÀ-ÖØ-öø-ɏ]+)([.,!?;:])?(?!\S)|\S+")
# A comma or full stop with blanks around it is no orthography's habit, unlike the French " !" or " ;".
_DETACHED = re.compile(r"[,.、。，](?<!\S.)(?!\S)")
_ATTACHED = re.compile(r"\w[,;](?=\s)")
_WORD_INSIDE = re.compile(r"[—―…]+|--+|-?[^—―…-]+(?:-[^—―…-]+)*-?|-")
# Full stops that belong to the word: U.S., e.g., a.m., and titles.
_INITIALS = re.compile(r"(?:[^\W\d_]\.){2,}")
_TITLE = re.compile(r"(?:Mr|Mrs|Ms|Dr|Dra|Prof|St|Sr|Sra|Srta|Jr|vs|etc|No|[A-Z])\.", re.IGNORECASE)
_CLITIC = re.compile(r"['’](?:\w{1,3})$")
_ELISION = re.compile(r"(?:\w|[Qq]u)['’]")
_KEPT_AT_EDGES = frozenset("%&@#*/\\_°§‰")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_UNSPACED_UNITS = re.compile(
    "[\u30a0-\u30ff]+"
    "|[\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    "|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+"
    "|[^\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+"
)


CountTokens = Callable[[str], int]
"""How many tokens a model reads a word in."""


def segment_words(text: str) -> list[Span]:
    """Spans of the words of `text`, in order, in code points."""
    if _is_tokenized(text):
        return [match.span() for match in _TOKEN.finditer(text)]
    words: list[Span] = []
    for match in _PLAIN_OR_NOT.finditer(text):
        start, end = match.span()
        last_group = match.lastindex
        if last_group == 1:
            words.append((start, end))
        elif last_group is None or (text[end - 1] == "." and _TITLE.fullmatch(text, start, end) is not None):
            words.extend(_split_token(text, start, end))
        else:
            words += (start, end - 1), (end - 1, end)
    return words


def is_unspaced(character: str) -> bool:
    """Whether it is of a script that sets no blanks between words."""
    return _UNSPACED.match(character) is not None


def _is_tokenized(text: str) -> bool:
    if _DETACHED.search(text) is not None and _ATTACHED.search(text) is None:
        return True
    if text.isascii() or _UNSPACED.search(text) is None:
        return False
    # Chinese or Japanese with blanks between its words.
    num_tokens = len(_TOKEN.findall(text))
    return num_tokens > 3 and len(text) < 4 * num_tokens


def _split_token(text: str, start: int, end: int) -> Iterator[Span]:
    """Edge punctuation, then what is inside, then edge punctuation."""
    clusters = boundaries(text, start, end)
    first, last = 0, len(clusters) - 1
    while first < last and _is_edge_punctuation(text, clusters[first], end):
        first += 1
    last = first + _num_inside(text, clusters[first:])
    yield from _runs(text, clusters[: first + 1])
    inside = clusters[first], clusters[last]
    if _UNSPACED.search(text, *inside) is not None:
        yield from _whole(_unspaced_words(text, *inside), clusters)
    else:
        yield from _whole((match.span() for match in _WORD_INSIDE.finditer(text, *inside)), clusters)
    yield from _runs(text, clusters[last:])


def _whole(words: Iterable[Span], clusters: Sequence[int]) -> Iterator[Span]:
    """Adjoining words without a cut within a cluster."""
    start: int | None = None
    for first, last in words:
        start = first if start is None else start
        if is_boundary(clusters, last):
            yield start, last
            start = None


def _is_edge_punctuation(text: str, at: int, end: int) -> bool:
    character = text[at]
    if character.isalnum() or character in _KEPT_AT_EDGES:
        return False
    if character in "'’" and _CLITIC.match(text, at, end) is not None:
        return False
    if character in "-+.,$€£" and at + 1 < end and text[at + 1].isdigit():
        return character in ".,"
    return _is_mark(character)


def _num_inside(text: str, clusters: Sequence[int]) -> int:
    """How many clusters there are before the punctuation at the end."""
    start = clusters[0]
    initials = _INITIALS.match(text, start, clusters[-1])
    end_of_initials = initials.end() if initials else start
    last = len(clusters) - 1
    while last > 0:
        at, end = clusters[last - 1], clusters[last]
        character = text[at]
        if character.isalnum() or character in _KEPT_AT_EDGES or not _is_mark(character):
            break
        # What is a letter and a full stop, again and again, is so with two characters less as well.
        if character == "." and end <= end_of_initials and end - start > 2 and (end - start) % 2 == 0:
            break
        if character == "." and _TITLE.fullmatch(text, start, end) is not None:
            break
        if character in "'’" and _ELISION.fullmatch(text, start, end) is not None:
            break
        last -= 1
    return last


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "P" or unicodedata.category(character) == "So"


def _unspaced_words(text: str, start: int, end: int) -> Iterator[Span]:
    for match in _UNSPACED_UNITS.finditer(text, start, end):
        if _UNSPACED.match(match.group()) is not None:
            yield match.span()
        else:
            yield from _split_token(text, *match.span())


def _runs(text: str, clusters: Sequence[int]) -> Iterator[Span]:
    """Punctuation marks one by one, repeated ones (`...`, `--`) together."""
    start = 0
    while start < len(clusters) - 1:
        mark = text[clusters[start] : clusters[start + 1]]
        stop = start + 1
        while stop < len(clusters) - 1 and text[clusters[stop] : clusters[stop + 1]] == mark:
            stop += 1
        yield clusters[start], clusters[stop]
        start = stop


def is_ideograph(character: str) -> bool:
    """Whether it belongs to a script that is written without blanks."""
    is_east_asian = "\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uff65"
    return is_east_asian or is_unspaced(character)


def extra_tokens(word: str, count_tokens: CountTokens) -> int:
    """How many more a word has than one that the vocabulary has whole, in the better of its two cases."""
    return min(count_tokens(word), count_tokens(word.lower())) - count_tokens("a")
