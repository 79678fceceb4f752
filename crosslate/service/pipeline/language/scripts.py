"""Serbian in Latin letters of a model that writes Cyrillic ones: each of them is one or two of the others.

No other languages with two scripts are made of each other so: between the two ways to write Chinese, one
character may be several.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import langcodes

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.language.languages import base_language, language_name, standard_tag
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.text.origin import DerivedText

_CYRILLIC, _LATIN = (
    "абвгдђежзијклљмнњопрстћуфхцчџш",
    "a b v g d đ e ž z i j k l lj m n nj o p r s t ć u f h c č dž š",
)
_LETTERS = dict(zip(_CYRILLIC, _LATIN.split(), strict=True))
_SERBIAN = "sr"


@dataclass(frozen=True, slots=True)
class InLatinLetters:
    """Writes Serbian Cyrillic letters as Latin ones."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with them; other characters as they are."""
        return written.edited(list(_edits(written.text)))


def _edits(text: str) -> Iterator[tuple[Span, str]]:
    for at, character in enumerate(text):
        latin = _LETTERS.get(character.lower())
        if latin is None:
            continue
        if character.isupper():
            beside = text[at + 1 : at + 2] or text[max(at - 1, 0) : at]
            latin = latin.upper() if beside.isupper() else latin.capitalize()
        yield (at, at + 1), latin


def is_to_be_latin(asked: str, served: str) -> bool:
    """Whether Serbian in Latin letters was asked for, of a model that is not known to write it so."""
    return (
        is_serbian_in_latin(asked) and base_language(served) == _SERBIAN and not is_serbian_in_latin(served)
    )


def is_serbian_in_latin(code: str) -> bool:
    """`sr-Latn`, whatever the region."""
    return (standard_tag(code) or "").startswith("sr-Latn")


def written_lang(asked: str, served: str) -> str:
    """The code of a translation's language, as it is answered."""
    return "sr-Latn" if is_to_be_latin(asked, served) else served


def script_notice(asked: str, served: str) -> list[Notice]:
    """What to say where a script was asked for that the model is not known to write."""
    wanted, written = _script(asked), _script(served)
    if (
        asked == served
        or wanted == written
        or base_language(asked) != base_language(served)
        or is_to_be_latin(asked, served)
    ):
        return []
    said = f"The translation was asked for in {language_name(asked)}, but the model tells no scripts of "
    said += f"{language_name(base_language(served))} apart: it may be written in another one."
    return [Notice("option_ignored", said)]


@lru_cache(maxsize=512)
def _script(code: str) -> str | None:
    tag = standard_tag(code)
    return None if tag is None else langcodes.Language.get(tag).maximize().script
