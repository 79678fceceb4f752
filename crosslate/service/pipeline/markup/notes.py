"""Marks of footnotes, raised beside a word: `schools<sup>1</sup>` is no word `schools1`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from crosslate.service.pipeline.markup.pieces import Kind, Piece

_MARK = re.compile(r"\s*[\[(]?(?:\d{1,3}(?:\s?[,;–-]\s?\d{1,3}){0,4}|[*†‡§¶]{1,3})[\])]?\s*")
_BEFORE = re.compile(
    r"(?:(?<![^\W\d_])(?!(?:sin|cos|tan|sen|log|exp|mol|min|sec)$)[^\W\d_]{3,}|[.,;:!?…\"'”’»)])$"
)
"""What such a mark follows. Behind a number, a unit or a variable, a raised number is a power."""
_MOST_LETTERS = 32
_MOST_PIECES = 12
"""Within a mark: links and the like around its text."""


def note_marks(pieces: Sequence[Piece]) -> Iterator[int]:
    """Where the tags begin that raise marks of notes."""
    before = ""
    for number, piece in enumerate(pieces):
        if piece.kind in (Kind.TEXT, Kind.REFERENCE):
            before = (before + piece.text[-_MOST_LETTERS:])[-_MOST_LETTERS:]
        elif piece.kind is Kind.START and piece.name == "sup":
            is_beside_word = _BEFORE.search(before) is not None
            if is_beside_word and _MARK.fullmatch(_inside(pieces, number + 1)) is not None:
                yield piece.span[0]


def _inside(pieces: Sequence[Piece], start: int) -> str:
    """The text up to the end of the element; nothing where that is far off."""
    found = ""
    for piece in islice(pieces, start, start + _MOST_PIECES):
        if piece.kind is Kind.END and piece.name == "sup":
            return found
        found += piece.text if piece.kind in (Kind.TEXT, Kind.REFERENCE) else ""
    return ""
