"""Spans in the unit that the caller counts in: code points, UTF-16 code units or UTF-8 bytes."""

from __future__ import annotations

from itertools import accumulate
from typing import Literal

from crosslate.models.tokenizers.tokenizer import Span

OffsetUnit = Literal["codepoint", "utf16", "utf8"]


class OffsetConverter:
    """Code-point spans of one text in `unit`. O(length) once, O(1) a span."""

    def __init__(self, text: str, unit: OffsetUnit) -> None:
        self._offsets = None if unit == "codepoint" or text.isascii() else _prefix_lengths(text, unit)

    def span(self, span: Span) -> Span:
        """`span` (code points, within the text) in the unit."""
        if self._offsets is None:
            return span
        return self._offsets[span[0]], self._offsets[span[1]]


def unit_length(text: str, unit: OffsetUnit) -> int:
    """How long `text` is in the unit."""
    if unit == "codepoint" or text.isascii():
        return len(text)
    return len(text.encode("utf-8")) if unit == "utf8" else len(text.encode("utf-16-le")) // 2


def slice_text(text: str, span: Span, unit: OffsetUnit) -> str:
    """The part of `text` that a span counted in `unit` stands for."""
    if unit == "codepoint":
        return text[span[0] : span[1]]
    if unit == "utf8":
        return text.encode("utf-8")[span[0] : span[1]].decode("utf-8", errors="replace")
    return text.encode("utf-16-le")[2 * span[0] : 2 * span[1]].decode("utf-16-le", errors="replace")


def _prefix_lengths(text: str, unit: OffsetUnit) -> list[int]:
    """`lengths[i]`: units taken by the first `i` code points."""
    return list(accumulate(map(_utf16_width if unit == "utf16" else _utf8_width, text), initial=0))


def _utf16_width(character: str) -> int:
    return 2 if character > "\uffff" else 1


def _utf8_width(character: str) -> int:
    if character <= "\x7f":
        return 1
    if character <= "\u07ff":
        return 2
    return 3 if character <= "\uffff" else 4
