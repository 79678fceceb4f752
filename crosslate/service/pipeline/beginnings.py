"""The capital that a sentence begins with: its translation begins with one, too.

Models write labels and items of lists in small letters now and then.
"""

from __future__ import annotations

import re

_FIRST_WORD = re.compile(r"[\s(\[\"'«“‘„¿¡–—-]*(?P<word>[^\W\d_]+)(?=$|\s|[,;:.!?…)\]\"'»”’](?!\w))")
"""A beginning that is anything else, such as a placeholder or a name with a sign in it, is as it is."""


def begins_with_capital(text: str) -> bool:
    """Whether a sentence does, behind its marks."""
    first = _FIRST_WORD.match(text)
    return first is not None and first["word"][0].isupper()


def missing_capital(written: str, source: str) -> int | None:
    """Where a translation begins with a small letter, though its source has a capital; else None.

    A word that is in the source as it is, such as `npm`, is written so.
    """
    first = _FIRST_WORD.match(written)
    if first is None or not first["word"].islower() or len(first["word"][0].upper()) > 1:
        return None
    is_copied = re.search(rf"(?<!\w){re.escape(first['word'])}(?!\w)", source) is not None
    return None if is_copied or not begins_with_capital(source) else first.start("word")


class StreamedBeginning:
    """The first words of a translation that comes piece by piece, with the capital that they lack.

    Args:
        source: of the translation; empty where nothing is to change.
    """

    def __init__(self, source: str) -> None:
        self._is_capital = begins_with_capital(source)
        self._source = source
        self._held = ""

    def feed(self, new: str) -> str:
        """What can be said by now: a word in small letters only once it is whole."""
        self._held = held = (self._held + new).lstrip()
        letter = next((at for at, character in enumerate(held) if character.isalnum()), None)
        if not self._is_capital or (letter is not None and not held[letter].islower()):
            return held
        if letter is None or not any(map(str.isspace, held[letter:])):
            return ""
        at = missing_capital(held, self._source)
        return held if at is None else held[:at] + held[at].upper() + held[at + 1 :]
