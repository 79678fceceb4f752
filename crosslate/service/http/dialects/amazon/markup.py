"""Texts of Amazon's API, which do not say what they are: text, or HTML."""

from __future__ import annotations

from crosslate.service.pipeline.markup.references import has_element
from crosslate.service.pipeline.types import TextFormat


def format_of(text: str) -> TextFormat:
    """HTML where an element begins and ends in it; a tag alone, or a `<`, is a sign like any other."""
    return "html" if has_element(text) else "text"
