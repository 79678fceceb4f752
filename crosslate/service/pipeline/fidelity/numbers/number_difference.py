"""Whether a translation has the numbers of its source: in figures, in words, or in the forms of its language.

A number that the target language writes as a word counts as said; so do an hour on another clock, the years
of a decade in two figures, and a leading zero. Where it is not known how a language writes numbers, figures
are compared without their separators, and a small number may be a word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from crosslate.service.pipeline.fidelity.numbers import east_asian_numbers
from crosslate.service.pipeline.fidelity.numbers.hours import (
    are_hours_known,
    is_full_hour,
    is_half_past,
    is_other_half_of_day,
    says_after_noon,
)
from crosslate.service.pipeline.fidelity.numbers.numbers import (
    CHUNK,
    Number,
    Value,
    number_words,
    numbers,
    scale_words,
)
from crosslate.service.pipeline.fidelity.numbers.other_counts import counted_otherwise
from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.language.marks import WORD

_WORDS = re.compile(r"[^\W\d_]+")
_ROMAN = re.compile(r"(?<!\w)([IVX]+)(?:er?|[ᵉºª])?(?!\w)")
_ORDINAL_SIGN = re.compile(r"(?:st|nd|rd|th|er?|[oaºª°ᵉ])(?!\w)")
_MONTH_BEHIND, _MONTH_BEFORE = re.compile(r"[ ]?[月월]"), re.compile(r"tháng $", re.IGNORECASE)
"""Where a language writes months as numbers, others have names for them."""
_TIME = re.compile(r"\d{1,2}\.[0-5]\d")
_MONTHS = 12
_MOST_ROMAN = 39
"""Centuries, chapters, kings."""
_CLOCK, _HOURS = 12, 24
_SHORT = 2
"""Letters: `m` is a metre as well as a million."""
_MOST_DIGITS = 6
"""Of numbers that anybody writes out."""
_IN_CHARACTERS = frozenset({"zh", "yue", "wuu"})
_MOST_SPELLED = 3
"""Figures of a number that a text says in words."""
_LIKELY_WORD = 20
"""Up to this a number may be a word in languages whose words for numbers are not known here, and so may a
round one."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What two texts do not have in common."""

    missing: Sequence[Number]
    """Of the source."""
    added: Sequence[Number]
    """Of the translation."""

    def __bool__(self) -> bool:
        return bool(self.missing or self.added)


def difference(source: str, source_lang: str, target: str, target_lang: str) -> Difference:
    """The numbers of one text that the other does not have."""
    found = CHUNK.findall(source)
    knows_hours = are_hours_known(source_lang, target_lang)
    has_hours = found and knows_hours and (says_after_noon(source) or says_after_noon(target))
    if not has_hours and _are_alike(found, CHUNK.findall(target)):
        return Difference((), ())
    wanted, given = numbers(source, source_lang), numbers(target, target_lang)
    missing: list[Number] = []
    added = list(given)
    for number in wanted:
        same = next((one for one in added if _says_same(number, one)), None)
        if same is None or (knows_hours and is_other_half_of_day(source, number.span, target, same.span)):
            missing.append(number)
        else:
            added.remove(same)
    may_be_after_noon = not knows_hours or says_after_noon(source) or says_after_noon(target)
    for number in list(missing):
        other = next(
            (one for one in added if _is_other_form(number, one, may_be_after_noon=may_be_after_noon)), None
        )
        if other is not None:
            missing.remove(number)
            added.remove(other)
    _drop_times((source, missing), (target, added), knows_hours=knows_hours)
    _drop_times((target, added), (source, missing), knows_hours=knows_hours)
    added = [number for number in added if not _may_be_spelled(number, source_lang)]
    return Difference(
        [number for number in missing if not _is_said_otherwise(number, source, target, target_lang)],
        [number for number in added if not _is_said_otherwise(number, target, source, source_lang)],
    )


def _are_alike(source: Sequence[str], target: Sequence[str]) -> bool:
    """Whether two texts have the same figures in the same order, none of them with separators."""
    if source != target:
        return False
    # Three of them may be the thousands of those before.
    return all(map(str.isdecimal, source)) and (len(source) < 2 or 3 not in map(len, source))


def _says_same(source: Number, target: Number) -> bool:
    """The same value; or the same digits, where those of the source are not written as its language does."""
    if source.value is None:
        return source.digits == target.digits
    if target.value is None:
        is_open = target.is_of_unknown or target.is_reference
        return source.digits == target.digits and (is_open or not source.value[1])
    return source.value == target.value or _scaled(source) == _scaled(target)


def _scaled(number: Number) -> Value:
    """Its value, with the zeros that a word says."""
    whole, fraction = number.value or ("", "")
    return (whole + fraction[: number.scale].ljust(number.scale, "0")).lstrip("0"), fraction[number.scale :]


def _drop_times(one: tuple[str, list[Number]], other: tuple[str, list[Number]], *, knows_hours: bool) -> None:
    """Hours with a full stop before their minutes, of which the other text has both: `10.30` is `10:30`."""
    (text, numbers), (other_text, others) = one, other
    for number in [time for time in numbers if time.value is None and _TIME.fullmatch(time.text)]:
        parts = number.text.split(".")
        found = [next((time for time in others if time.text == part), None) for part in parts]
        both = [time for time in found if time is not None]
        if len(both) < 2 or both[0] is both[1]:
            continue
        hour = number.span[0], number.span[0] + len(parts[0])
        if knows_hours and is_other_half_of_day(text, hour, other_text, both[0].span):
            continue
        numbers.remove(number)
        for time in both:
            others.remove(time)


def _is_other_form(source: Number, target: Number, *, may_be_after_noon: bool) -> bool:
    one, other = source.digits, target.digits
    if not (source.text.isdecimal() and target.text.isdecimal()) or len(one + other) > _MOST_DIGITS:
        return False
    first, second = int(one), int(other)
    if abs(first - second) == _CLOCK and max(first, second) <= _HOURS:
        return may_be_after_noon
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) == 2 and len(longer) == 4 and longer.endswith(shorter)


def _is_said_otherwise(number: Number, own: str, other: str, other_lang: str) -> bool:
    """Whether the other text says a number of its own, but not in figures."""
    return (
        _is_written_out(number, other, other_lang)
        or _is_round_in_words(number, other, other_lang)
        or _is_counted_otherwise(number, own, other)
        or _is_in_roman(number, own, other)
        or _is_month(number, own)
        or is_full_hour(own, number.span)
        or is_half_past(own, number.span, other)
    )


def _is_round_in_words(number: Number, text: str, lang: str) -> bool:
    """`1,000,000` is `um milhão`, `2,000,000` is `dois milhões`."""
    scales = scale_words(lang)
    if number.value is None or number.value[1] or not scales:
        return False
    said = {word for word in WORD.findall(text.casefold(), concurrent=False) if len(word) > _SHORT}
    counts = (divmod(int(_scaled(number)[0] or 0), 10 ** scales[word]) for word in said & scales.keys())
    words = number_words(lang) or {}
    return any(
        rest == 0 and (count == 1 or not said.isdisjoint(words.get(str(count), ()))) for count, rest in counts
    )


def _is_counted_otherwise(number: Number, own: str, other: str) -> bool:
    """`令和6年` is 2024."""
    figures = dict(counted_otherwise(own)).get(number.span)
    if figures is not None:
        return figures in CHUNK.findall(other)
    return number.digits in dict(counted_otherwise(other)).values()


def _is_month(number: Number, own: str) -> bool:
    """`3月` is `March`."""
    start, end = number.span
    if len(number.digits) > len(str(_MONTHS)) or int(number.digits) > _MONTHS:
        return False
    return _MONTH_BEHIND.match(own, end) is not None or _MONTH_BEFORE.search(own[:start]) is not None


def _is_in_roman(number: Number, own: str, other: str) -> bool:
    """`The 18th century` is `século XVIII`. A single letter may be anything, but for an ordinal number."""
    is_small = number.text.isdecimal() and len(number.text) <= len(str(_MOST_ROMAN))
    if not is_small or not 0 < int(number.text) <= _MOST_ROMAN:
        return False
    numeral = _roman(int(number.text))
    if len(numeral) == 1 and _ORDINAL_SIGN.match(own, number.span[1]) is None:
        return False
    return numeral in _ROMAN.findall(other)


def _roman(value: int) -> str:
    tens, ones = divmod(value, 10)
    return "X" * tens + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[ones]


def _is_written_out(number: Number, text: str, lang: str) -> bool:
    """Whether a text says it in words."""
    if number.value is None or number.value[1] or len(number.value[0]) > _MOST_DIGITS:
        return False
    value = int(number.value[0])
    if base_language(lang) in east_asian_numbers.LANGUAGES and east_asian_numbers.says(text, value):
        return True
    words = number_words(lang)
    if words is None:
        return _may_be_word(number.value[0], lang)
    said = set(_WORDS.findall(text.casefold()))
    forms = words.get(str(value))
    if forms is not None:
        return not said.isdisjoint(forms)
    # Twenty-five, two hundred: several words, or one of several.
    parts, beginnings = _parts_of(base_language(lang), value)
    return any(word in parts or word.startswith(beginnings) for word in said)


def _may_be_word(digits: str, lang: str) -> bool:
    """Whether a number may be a word of a language whose words for numbers are not known."""
    if base_language(lang) in _IN_CHARACTERS:
        return False  # its characters were looked for
    return int(digits) <= _LIKELY_WORD or len(digits.rstrip("0")) == 1


def _may_be_spelled(number: Number, lang: str) -> bool:
    """Whether a source may say a number in words of its language, which are not known."""
    is_known = number_words(lang) is not None or base_language(lang) in east_asian_numbers.LANGUAGES
    return not is_known and number.text.isdecimal() and len(number.text) <= _MOST_SPELLED


@lru_cache(4096)
def _parts_of(lang: str, value: int) -> tuple[frozenset[str], tuple[str, ...]]:
    """The words that a number may be said in, and those of them that others may begin with."""
    words = number_words(lang) or {}
    parts = frozenset(form for key, forms in words.items() if 1 < int(key) <= value for form in forms)
    return parts, tuple(part for part in parts if len(part) > 3)
