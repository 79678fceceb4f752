"""Ordinal numbers: the letters of `#st` in messages, and `º` and `ª`, which many models read as letters."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.text.origin import DerivedText

SUFFIX = re.compile(r"(?:st|nd|rd|th)(?![^\W_])")
"""Of English, the only language here that has several; those of others stay as they are."""
_SIGNS = {
    **dict.fromkeys(("pt", "gl", "it"), "º"),
    "es": ".º",
    "fr": "e",
    "ca": "è",
    "nl": "e",
    **dict.fromkeys(
        ("de", "da", "nb", "no", "fi", "cs", "sk", "pl", "hu", "hr", "sr", "sl", "et", "tr"), "."
    ),
}
"""What a language writes behind the figures, at least of a noun that nobody knows here."""


def ordinal_in_target_form(text: str, target_lang: str) -> str:
    """A numeral with an English suffix, with the target's; as it is where that is not known."""
    sign = _SIGNS.get(base_language(target_lang))
    return text if sign is None else SUFFIX.sub(sign, text)


_WITH_RAISED = frozenset({"pt", "gl", "es", "it"})

_RAISED = re.compile(r"(?<!\w)(\w{1,12})(\.?)([ºª])(?!\w)")
_AS_LETTER = {"º": "(?:os?|or)", "ª": "a"}
"""What becomes of them in an output."""


@dataclass(frozen=True, slots=True)
class RaisedLetters:
    """Writes `3.ª` and `D.ª` again where an output has them with a plain letter."""

    written: tuple[tuple[str, str, str], ...]
    """What stands before the letter, a full stop or nothing, the letter."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with these letters."""
        edits = [
            (match.span(), f"{word}{stop}{letter}")
            for word, stop, letter in self.written
            for match in self._pattern(word, letter).finditer(written.text)
        ]
        return written.edited(sorted(edits))

    def _pattern(self, word: str, letter: str) -> re.Pattern[str]:
        # A word and a letter without a stop would be another word: `no` for `n.º`.
        stop = r"\.?" if word.isdecimal() else r"\."
        return re.compile(rf"(?<![\w.]){re.escape(word)}{stop}{_AS_LETTER[letter]}(?![\w.])")


_ENGLISH = re.compile(r"(?<![\w.,])(\d{1,6})(?:st|nd|rd|th)(?!\w)", re.IGNORECASE)
_FIGURES = re.compile(r"\d")
_DOTTED = r"(?:\d{1,6}|[nN])\.(?=[oa](?!\w))"
"""What laws have for `Article 12`: no version ends in a letter behind a full stop."""
_OF_ANY = re.compile(rf"(?<![\w.,]){_DOTTED}([oa])")


@dataclass(frozen=True, slots=True)
class RaisedOrdinals:
    """Writes `12.º` for the `12.o` of a vocabulary without the letter, and for `2nd` `2ª`, not `2a`."""

    written: re.Pattern[str]

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with these letters."""
        found = self.written.finditer(written.text)
        return written.edited([(match.span(1), "ºª"[match[1] == "a"]) for match in found])


def raised_ordinals(text: str, source_lang: str, target_lang: str) -> RaisedOrdinals | None:
    """Those that may come of numbers; None where there are none, or the language writes others."""
    if base_language(source_lang) != "en" or base_language(target_lang) not in _WITH_RAISED:
        return None
    if _FIGURES.search(text) is None:
        return None
    found = dict.fromkeys(_ENGLISH.findall(text))
    numbers = "|".join(one for one in found if not re.search(rf"(?<!\w){one}[oa](?!\w)", text))
    if not numbers:
        return RaisedOrdinals(_OF_ANY)
    return RaisedOrdinals(re.compile(rf"(?<![\w.,])(?:{_DOTTED}|(?:{numbers})\.?)([oa])(?!\w)"))


def raised_letters(text: str) -> RaisedLetters | None:
    """Those of a text; None where there are none."""
    if "º" not in text and "ª" not in text:
        return None
    found = dict.fromkeys(match.groups() for match in _RAISED.finditer(text))
    by_reading = {(word, letter): (word, stop, letter) for word, stop, letter in found}
    return RaisedLetters(tuple(by_reading.values())) if found else None
