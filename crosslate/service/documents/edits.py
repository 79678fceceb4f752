"""Texts of files that are changed at places, all else as it was."""

from __future__ import annotations

from collections.abc import Iterable

Edit = tuple[int, int, str]
"""From where to where, and what stands there then."""


def edited(text: str, edits: Iterable[Edit]) -> str:
    """A text with these made, which are in order and apart from each other."""
    pieces: list[str] = []
    at = 0
    for start, end, new in edits:
        pieces += [text[at:start], new]
        at = end
    return "".join([*pieces, text[at:]])
