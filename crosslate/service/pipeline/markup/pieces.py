"""Marked-up text in pieces: tags, text and what is neither, each with its place; together they are it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from crosslate.models.tokenizers.tokenizer import Span


class Kind(Enum):
    """What a piece is."""

    TEXT = "text"
    REFERENCE = "reference"
    """A character by its name or number, which `text` has."""
    START = "start"
    END = "end"
    EMPTY = "empty"
    """A tag that begins and ends an element."""
    CDATA = "cdata"
    OTHER = "other"
    """Comments, instructions, declarations, the content of scripts."""


_NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


class Piece(NamedTuple):  # there are many: a frozen dataclass takes three times as long to make
    """A stretch of marked-up text that is one thing."""

    kind: Kind
    span: Span
    text: str = ""
    """Of text and references: the characters they stand for."""
    name: str = ""
    """Of tags."""
    attributes: Mapping[str, str] = _NO_ATTRIBUTES
    """Of tags that begin an element: by their names, with references resolved."""


def moved(piece: Piece, by: int) -> Piece:
    """A piece of what stands so far into another text, as one of that."""
    return piece._replace(span=(piece.span[0] + by, piece.span[1] + by))
