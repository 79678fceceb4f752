"""Numbers of Chinese, Japanese and Korean texts: `3.5亿`, `1万2千`, `3억 5천만`, `二十五`, `二〇二四`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.numbers.digits import plain_digits

LANGUAGES = frozenset({"zh", "ja", "ko", "yue", "wuu"})

_SMALL = {**dict.fromkeys("十拾십", 10), **dict.fromkeys("百佰백", 100), **dict.fromkeys("千仟천", 1000)}
_LARGE = {
    **dict.fromkeys("万萬만", 10**4),
    **dict.fromkeys("億亿억", 10**8),
    **dict.fromkeys("兆조", 10**12),
}
_DIGITS = {
    **{digit: value for value, digit in enumerate("〇一二三四五六七八九")},
    **{"零": 0, "两": 2, "兩": 2, "壱": 1, "壹": 1, "弐": 2, "贰": 2, "叁": 3},
}
_FIGURES = r"\d+(?:,\d{3})*(?:\.\d+)?"
_UNITS = "".join({**_SMALL, **_LARGE})
_WITH_UNITS = re.compile(rf"{_FIGURES}[{_UNITS}]+(?: ?{_FIGURES}[{_UNITS}]+)*(?:{_FIGURES}(?![\d.,]))?")
_STEP = re.compile(rf"({_FIGURES})([{_UNITS}]*)")
_NUMERAL = re.compile(rf"[{''.join(_DIGITS)}{_UNITS}]+")


def with_units(text: str) -> Iterator[tuple[Span, str]]:
    """Figures with the units behind them, each with its value; what is no whole number is left out."""
    for match in _WITH_UNITS.finditer(text):
        value = _value([(Decimal(plain_digits(one).replace(",", "")), units) for one, units in _steps(match)])
        if value == int(value):
            yield match.span(), str(int(value))


def says(text: str, value: int) -> bool:
    """Whether a text has a number in the characters of these languages."""
    return any(_of_characters(match.group()) == value for match in _NUMERAL.finditer(text))


def _steps(match: re.Match[str]) -> Iterator[tuple[str, str]]:
    return ((step[1], step[2]) for step in _STEP.finditer(match.group()))


def _value(steps: list[tuple[Decimal, str]]) -> Decimal:
    total = section = Decimal(0)
    for figures, units in steps:
        section += figures
        last = figures
        for unit in units:
            if unit in _SMALL:
                section += last * (_SMALL[unit] - 1)
                last *= _SMALL[unit]
            else:
                total += section * _LARGE[unit]
                section = Decimal(0)
    return total + section


def _of_characters(numeral: str) -> int:
    """`二十五` by its units, `二〇二四` digit by digit."""
    if not any(one in _UNITS for one in numeral):
        return int("".join(str(_DIGITS[one]) for one in numeral))
    total = section = digit = 0
    for one in numeral:
        if one in _DIGITS:
            digit = _DIGITS[one]
        elif one in _SMALL:
            section += (digit or 1) * _SMALL[one]
            digit = 0
        else:
            total += (section + digit or 1) * _LARGE[one]
            section = digit = 0
    return total + section + digit
