"""Ordinal numbers: the letters of `#st` in messages, and `º` and `ª`, which many models read as letters."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crosslate.service.pipeline.languages import base_language
from crosslate.service.pipeline.origin import DerivedText

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


def raised_letters(text: str) -> RaisedLetters | None:
    """Those of a text; None where there are none."""
    if "º" not in text and "ª" not in text:
        return None
    found = dict.fromkeys(match.groups() for match in _RAISED.finditer(text))
    by_reading = {(word, letter): (word, stop, letter) for word, stop, letter in found}
    return RaisedLetters(tuple(by_reading.values())) if found else None
