"""HTML whose texts have their signs as references, and its words alone."""

from __future__ import annotations

import re

from crosslate.service.pipeline.markup.html_scan import scan_html
from crosslate.service.pipeline.markup.pieces import Kind, Piece

_SIGNS = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})
_SIGN = re.compile("[&<>\"']")
_READ = frozenset({Kind.TEXT, Kind.REFERENCE})


def with_references(html: str) -> str:
    """Signs in its texts as `&#39;` and the like, which clients of Google undo; markup stays."""
    if _SIGN.search(html) is None:
        return html
    return "".join(_written(html[slice(*piece.span)], piece) for piece in scan_html(html))


def words_of(html: str) -> str:
    """Its texts alone, for the detection of their language."""
    return "".join(piece.text if piece.kind in _READ else " " for piece in scan_html(html))


def _written(source: str, piece: Piece) -> str:
    return source.translate(_SIGNS) if piece.kind is Kind.TEXT else source


def has_element(text: str) -> bool:
    """Whether an element begins and ends in it, by which a text of unknown kind is told to be HTML."""
    if "</" not in text:
        return False
    begun: set[str] = set()
    for piece in scan_html(text):
        if piece.kind is Kind.START:
            begun.add(piece.name)
        elif piece.kind is Kind.END and piece.name in begun:
            return True
    return False
