"""Letters that a model does not know, written with those that it does."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

_WITHOUT_MARKS = {
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
    "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "n",
    "Ŋ": "N", "ŧ": "t", "Ŧ": "T", "ə": "e", "Ə": "E", "ɓ": "b", "Ɓ": "B", "ɗ": "d", "Ɗ": "D", "ƙ": "k",
    "Ƙ": "K", "ƴ": "y", "Ƴ": "Y", "ŀ": "l", "ĸ": "k", "ɛ": "e", "Ɛ": "E", "ɔ": "o", "Ɔ": "O", "ƒ": "f",
    "ǝ": "e", "Ǝ": "E",
}  # fmt: skip
"""Latin letters that Unicode does not take apart."""


def folded(word: str, knows: Callable[[str], bool]) -> str | None:
    """The word with every letter that is not known in known ones; None where one has no such form."""
    letters = [_letter(character, knows) for character in unicodedata.normalize("NFC", word)]
    if any(letter is None for letter in letters):
        return None
    return "".join(letter for letter in letters if letter)


def _letter(character: str, knows: Callable[[str], bool]) -> str | None:
    if knows(character):
        return character
    decomposed = unicodedata.normalize("NFKD", character)
    bases = "".join(one for one in decomposed if not unicodedata.combining(one))
    simple = "".join(_WITHOUT_MARKS.get(base, base) for base in bases)
    return simple if simple != character and all(map(knows, simple)) else None
