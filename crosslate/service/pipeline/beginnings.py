"""The capital that a sentence begins with: its translation begins with one, too.

Models write labels and items of lists in small letters now and then.
"""

from __future__ import annotations

import re

from crosslate.models.tokenizer import Span
from crosslate.service.pipeline.casing import with_capital

_FIRST_WORD = re.compile(r"[\s(\[\"'«“‘„¿¡–—-]*(?P<word>[^\W\d_]+)(?=$|\s|[,;:.!?…)\]\"'»”’](?!\w))")
"""A beginning that is anything else, such as a placeholder or a name with a sign in it, is as it is."""


def begins_with_capital(text: str) -> bool:
    """Whether a sentence does, behind its marks."""
    first = _FIRST_WORD.match(text)
    return first is not None and first["word"][0].isupper()


def missing_capital(written: str, source: str, lang: str) -> tuple[Span, str] | None:
    """The first word of a translation with a capital, where it has none though its source has; else None.

    A word that is in the source as it is, such as `npm`, is written so.
    """
    first = _FIRST_WORD.match(written)
    if first is None or not first["word"].islower():
        return None
    word = with_capital(first["word"], lang)
    if word == first["word"]:
        return None
    is_copied = re.search(rf"(?<!\w){re.escape(first['word'])}(?!\w)", source) is not None
    return None if is_copied or not begins_with_capital(source) else (first.span("word"), word)


class StreamedBeginning:
    """The first words of a translation that comes piece by piece, with the capital that they lack.

    Args:
        source: of the translation; empty where nothing is to change.
        lang: of the translation.
    """

    def __init__(self, source: str, lang: str) -> None:
        self._lang = lang
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
        edit = missing_capital(held, self._source, self._lang)
        if edit is None:
            return held
        (start, end), word = edit
        return held[:start] + word + held[end:]
