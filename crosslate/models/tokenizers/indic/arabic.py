"""Urdu's letters in the place of Arabic's, and blanks where two kinds of them touch, as urduhack does it."""

from __future__ import annotations

import re
import unicodedata

from crosslate.models.tokenizers.indic.rules import Rule, literal

_LETTERS = "ابپتٹثجچحخدڈذرڑزژسشصضطظعغفقکگلمنںوہھءیے\u0622\u0623\u0624\u0626\u06c2\u06c3\u06d3"
_MARKS = "\u0610-\u0615\u064b-\u0654\u0656-\u0658\u0670"
_SIGNS = "\u0600-\u0603\u060c-\u060f\u061b\u061f\u066a-\u066c\u06d4"
_DIGITS = "۰-۹"
_PUNCTUATION = r"؛،٫؟۔٪!-/:-@\[\]^-`{-~"
_URDU = f"[{_LETTERS}{_MARKS}{_SIGNS}{_DIGITS}]"
_TO_URDU = {"ك": "ک", "ه": "ہ", "ة": "\u06c3", "ى": "ی", "ي": "ی"}
_PRESENTED = {0xFEF3: "ے", 0xFEF4: "ے", 0xFEEB: "ھ", 0xFEEC: "ھ", 0xFBFC: "ی", 0xFBFD: "ی"}
"""Forms that look like another letter of Urdu's than the one of Arabic's that they are of."""
_FORMS = (*range(0xFB50, 0xFC00), *range(0xFE80, 0xFEFD))
_LAM_ALEF = "لا"


def _letter(form: int) -> str | None:
    """What a letter that is encoded by its place in a word is in Urdu; None where Urdu has it not."""
    plain = unicodedata.normalize("NFKC", chr(form))
    plain = "".join(_TO_URDU.get(letter, letter) for letter in plain)
    return plain if plain == _LAM_ALEF or (len(plain) == 1 and plain in _LETTERS) else None


LETTERS = (
    {form: letter for form in _FORMS if (letter := _letter(form)) is not None}
    | {ord(arabic): urdu for arabic, urdu in _TO_URDU.items()}
    | _PRESENTED
    | {0x0660 + value: chr(0x06F0 + value) for value in range(10)}
    | {0x0640: "", **{ord(mark): "" for mark in "\u064b\u064d\u064e\u064f\u0650\u0670"}}
)
"""For `str.translate`; vowels and the letter that only lengthens others are gone."""
ARABIC: list[Rule] = [
    *literal([("\u0627\u0653", "\u0622"), ("\u0627\u0654", "\u0623"), ("\u06d2\u0654", "\u06d3")]),
    (re.compile(rf"(?<={_URDU})(?=[0-9])"), " "),
    (re.compile(rf"(?<=[0-9])(?=(?!ء){_URDU})"), " "),
    (re.compile(rf"(?<={_URDU})(?=[{_PUNCTUATION}])"), " "),
    (re.compile(rf"(?<=[{_PUNCTUATION}])(?=[^{_PUNCTUATION}0-9 \n])"), " "),
    (re.compile(rf"(?<={_URDU})(?=[a-zA-Z])"), " "),
    (re.compile(rf"(?<=[a-zA-Z])(?={_URDU})"), " "),
]
WRITTEN = literal([(" ؟", "؟"), (" ۔", "۔"), (" ،", "،"), ("\u066e\u06ea", "\u0620")])
"""What is taken back in what the model writes; Kashmiri's palatal letter is one."""
