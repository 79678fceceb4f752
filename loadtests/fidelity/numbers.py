"""Numbers as two languages write them: `1,234.5` and `1.234,5`."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A blank separates thousands only: after one to three digits, and before three.
_NUMBER = re.compile(r"(?<!\d)\d{1,3}(?:[ \xa0\u202f]\d{3}(?!\d))+(?:[.,]\d+)?|\d+(?:[.,:]\d+)*")
_DECIMAL = {"en": ".", "pt": ","}
_GROUPS = {"en": ",\xa0\u202f ", "pt": ".\xa0\u202f "}
_WORDS = {
    "en": [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ],
    "pt": [
        "zero",
        "um",
        "dois",
        "três",
        "quatro",
        "cinco",
        "seis",
        "sete",
        "oito",
        "nove",
        "dez",
        "onze",
        "doze",
    ],
}
_FEMININE = {"uma": "um", "duas": "dois"}

Value = tuple[str, str]
"""Digits before the decimal separator, and after it."""


def numbers(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the numbers of a text."""
    return (match.span() for match in _NUMBER.finditer(text))


def value(number: str, lang: str) -> Value | None:
    """What a number says to a reader of this language; None where it is not written as they write."""
    whole, _, fraction = number.partition(_DECIMAL[lang])
    first, *groups = re.split(f"[{_GROUPS[lang]}]", whole)
    is_well_formed = (
        first.isdigit()
        and (fraction.isdigit() or _DECIMAL[lang] not in number)
        and (not groups or len(first) <= 3)
        and all(len(group) == 3 and group.isdigit() for group in groups)
    )
    return (first + "".join(groups), fraction) if is_well_formed else None


def says_same(source: str, source_lang: str, target: str, target_lang: str) -> bool:
    """Whether a number of the output is the one of the source.

    As it was will do too, unless it then says something else.
    """
    meant, read = value(source, source_lang), value(target, target_lang)
    return (meant is not None and meant == read) or (source == target and (meant is None or read is None))


def is_written_out(number: str, text: str, lang: str) -> bool:
    """Whether a text has a small number as a word."""
    if not number.isdigit() or int(number) >= len(_WORDS[lang]):
        return False
    words = (_FEMININE.get(word, word) for word in re.findall(r"\w+", text.casefold()))
    return _WORDS[lang][int(number)] in words
