"""Words of a text, as word alignments count them.

Running text: blanks separate, punctuation at the edges of what remains is a word of its own, punctuation
inside it (`rock-and-roll`, `don't`, `3,5`, `U.S.`) is not. Text that was tokenized before, with blanks
around its punctuation, keeps exactly its tokens. Scripts without blanks give one word a character, or a run
of katakana.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from models.tokenizer import Span

_TOKEN = re.compile(r"\S+")
# A comma or full stop with blanks around it is no orthography's habit, unlike the French " !" or " ;".
_DETACHED = re.compile(r"(?:^|\s)[,.、。，](?=\s|$)")
_ATTACHED = re.compile(r"\w[,;](?=\s)")
_WORD_INSIDE = re.compile(r"[—―…]+|--+|-?[^—―…-]+(?:-[^—―…-]+)*-?|-")
# Full stops that belong to the word: U.S., e.g., a.m., and titles.
_ABBREVIATION = re.compile(
    r"(?:[^\W\d_]\.){2,}|(?:Mr|Mrs|Ms|Dr|Dra|Prof|St|Sr|Sra|Srta|Jr|vs|etc|No|[A-Z])\.", re.IGNORECASE
)
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


def segment_words(text: str) -> list[Span]:
    """Spans of the words of `text`, in order, in code points."""
    tokens = [match.span() for match in _TOKEN.finditer(text)]
    if _is_tokenized(text, tokens):
        return tokens
    words: list[Span] = []
    for start, end in tokens:
        words.extend(_split_token(text, start, end))
    return words


def _is_tokenized(text: str, tokens: list[Span]) -> bool:
    if _DETACHED.search(text) is not None and _ATTACHED.search(text) is None:
        return True
    # Chinese or Japanese with blanks between its words.
    return len(tokens) > 3 and _UNSPACED.search(text) is not None and len(text) < 4 * len(tokens)


def _split_token(text: str, start: int, end: int) -> Iterator[Span]:
    """Edge punctuation, then what is inside, then edge punctuation."""
    first = start
    while first < end and _is_edge_punctuation(text, first, end):
        first += 1
    last = end
    while last > first and _is_trailing_punctuation(text, first, last):
        last -= 1
    yield from _runs(text, start, first)
    if _UNSPACED.search(text, first, last) is not None:
        yield from _unspaced_words(text, first, last)
    else:
        for match in _WORD_INSIDE.finditer(text, first, last):
            yield match.span()
    yield from _runs(text, last, end)


def _is_edge_punctuation(text: str, at: int, end: int) -> bool:
    character = text[at]
    if character.isalnum() or character in _KEPT_AT_EDGES:
        return False
    if character in "'’" and _CLITIC.match(text, at, end) is not None:
        return False
    if character in "-+.,$€£" and at + 1 < end and text[at + 1].isdigit():
        return character in ".,"
    return unicodedata.category(character)[0] == "P" or unicodedata.category(character) == "So"


def _is_trailing_punctuation(text: str, start: int, end: int) -> bool:
    character = text[end - 1]
    if character.isalnum() or character in _KEPT_AT_EDGES:
        return False
    if character == "." and _ABBREVIATION.fullmatch(text, start, end) is not None:
        return False
    if character in "'’" and _ELISION.fullmatch(text, start, end) is not None:
        return False
    return unicodedata.category(character)[0] == "P" or unicodedata.category(character) == "So"


def _unspaced_words(text: str, start: int, end: int) -> Iterator[Span]:
    for match in _UNSPACED_UNITS.finditer(text, start, end):
        if _UNSPACED.match(match.group()) is not None:
            yield match.span()
        else:
            yield from _split_token(text, *match.span())


def _runs(text: str, start: int, end: int) -> Iterator[Span]:
    """Punctuation marks one by one, repeated ones (`...`, `--`) together."""
    while start < end:
        stop = start + 1
        while stop < end and text[stop] == text[start]:
            stop += 1
        yield start, stop
        start = stop
