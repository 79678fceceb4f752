"""What an entry of a glossary may be, and how much a caller may send of them with a text."""

from __future__ import annotations

import unicodedata

MAX_ENTRIES = 1000
"""Of a glossary that comes with a request."""
MAX_PHRASE_BYTES = 1024
"""Of a term, or of its translation, in UTF-8: as much as DeepL takes."""


def check_phrase(text: str) -> str:
    """A term, or its translation, as it was sent.

    Raises:
        ValueError: it has no letter or digit, or a character that is none, or it is too long.
    """
    if not any(map(str.isalnum, text)):
        raise ValueError("has no letter or digit")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        raise ValueError("has a line end, a tab or another control character")
    if len(text.encode()) > MAX_PHRASE_BYTES:
        raise ValueError(f"has more than {MAX_PHRASE_BYTES} bytes")
    return text
