"""Texts of workbooks: signs that XML has no place for are written as `_x000D_` there."""

from __future__ import annotations

import re

from crosslate.service.documents.inline import legal

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LIKE_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_LINE_ENDS = re.compile(r"\r\n?")


def unescaped(text: str) -> str:
    """What a cell says; all its lines end alike, as Excel shows them."""
    return _LINE_ENDS.sub("\n", _ESCAPE.sub(lambda match: legal(chr(int(match[1], 16))), text))


def escaped(text: str) -> str:
    """For a file."""
    return _LIKE_ESCAPE.sub("_x005F_", legal(text))
