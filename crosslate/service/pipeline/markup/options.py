"""How marked-up text is to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MarkupFormat = Literal["html", "xml"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkupOptions:
    """What a caller says of elements, by their names."""

    ignored: frozenset[str] = frozenset()
    """Not translated, whatever is in them; each stands for a word."""
    splitting: frozenset[str] = frozenset()
    """A sentence ends where one of these begins or ends."""
    non_splitting: frozenset[str] = frozenset()
    """Within sentences, whatever they look like."""
    attributes: frozenset[str] = frozenset()
    """Of elements: those whose values are texts, each a passage of its own."""
    codes: frozenset[str] = frozenset({"x", "ph"})
    """Of XML: empty elements that may stand for a value or the end of a line, as XLIFF has them."""
    finds_outline: bool = True
    """Of XML: whether elements that stand with others, without text between them, are paragraphs."""
    is_lenient: bool = False
    """Of XML: read what is not well formed as far as it goes."""


NO_OPTIONS = MarkupOptions()
