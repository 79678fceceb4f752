"""Capitals and small letters by the rules of a language, where those of Unicode are not its own.

Turkish has an `i` with a dot and one without in both cases; Georgian sentences and names begin like any other
word; Greek capitals have no accents; a Dutch `ij` is one letter.
"""

from __future__ import annotations

import unicodedata

from crosslate.service.pipeline.language.languages import base_language

_WITH_DOTLESS_I = frozenset({"tr", "az", "crh", "gag"})
_ACCENT = "\u0301"
_CAPITALS = {"ß": "ẞ"}
"""Where there is a better one than two letters."""


def with_capital(word: str, lang: str) -> str:
    """A word as it begins a sentence; of the same length."""
    if base_language(lang) == "nl" and word.startswith("ij"):
        return "IJ" + word[2:]
    first = _dotted(word[:1], lang) or word[:1].title()
    return first + word[1:] if len(first) == 1 else word


def capital(character: str, lang: str) -> str:
    """A letter as it stands in a text all in capitals; a letter of a script without them is as it is."""
    if (dotted := _dotted(character, lang)) is not None:
        return dotted
    if character in _CAPITALS:
        return _CAPITALS[character]
    if character.islower() and character.title() == character:
        return character  # Georgian has capitals in Unicode that few fonts and no texts have
    upper = character.upper()
    return _without_accent(upper) if base_language(lang) == "el" else upper


def small(word: str, lang: str) -> str:
    """A word in small letters, of the same length."""
    if base_language(lang) in _WITH_DOTLESS_I:
        word = word.replace("I", "ı").replace("İ", "i")
    lower = word.lower()  # of the whole word: a Greek sigma at its end is another
    if len(lower) == len(word):
        return lower
    return "".join(low if len(low := character.lower()) == 1 else character for character in word)


def _dotted(character: str, lang: str) -> str | None:
    return "İ" if character == "i" and base_language(lang) in _WITH_DOTLESS_I else None


def _without_accent(character: str) -> str:
    plain = unicodedata.normalize("NFD", character).replace(_ACCENT, "")
    return unicodedata.normalize("NFC", plain)
