"""Numbers of a source and of its translation: the same digits, with the separators of each language.

A number that the target language writes as a word counts as said; so do an hour on another clock, the years
of a decade in two figures, and a leading zero.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from crosslate.models.tokenizer import Span
from crosslate.service.pipeline.fidelity.hours import is_full_hour, is_other_half_of_day, says_after_noon
from crosslate.service.pipeline.languages import base_language

GROUP_BLANKS = " \xa0\u202f'’"
"""Between thousands, whatever the language."""
_BLANK_GROUPS = re.compile(rf"\d{{1,3}}(?:[{GROUP_BLANKS}]\d{{3}})+(?:[.,]\d+)?")
_CHUNK = re.compile(r"\d+(?:[.,]\d+)*")
_REFERENCE = re.compile(
    r"(?:§|№|\b(?:tab|tabela|table|quadro|fig|figura|figure|sec|section|secção|seção|chapter|capítulo|cap|version|"
    r"versão|art|article|artigo|clause|cláusula|annex|anexo|appendix|item|step|passo|point|ponto))\.?\s?(?=\d)",
    re.IGNORECASE,
)
SEPARATED = re.compile(r"[.,](?<=\d.)\d")
_NEXT_WORD = re.compile(r"[ \xa0\u202f-]?([^\W\d_]+)")
_WORDS = re.compile(r"[^\W\d_]+")
_ROMAN = re.compile(r"(?<!\w)([IVX]+)(?:er?|[ᵉºª])?(?!\w)")
_ORDINAL_SIGN = re.compile(r"(?:st|nd|rd|th|er?|[oaºª°ᵉ])(?!\w)")
_MOST_ROMAN = 39
"""Centuries, chapters, kings."""
_CLOCK, _HOURS = 12, 24
_MOST_DIGITS = 6
"""Of numbers that anybody writes out."""

Value = tuple[str, str]
"""Digits before the decimal separator, without leading zeros, and after it."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a text."""

    span: Span
    text: str
    value: Value | None
    """None where it is not written as its language writes numbers."""
    scale: int = 0
    """Zeros that a word behind it stands for: six for `million`."""
    is_reference: bool = False
    """It is that of a table, a section or the like: no quantity."""

    @property
    def digits(self) -> str:
        """All of them."""
        return "".join(filter(str.isdigit, self.text))


@dataclass(frozen=True, slots=True)
class Difference:
    """What two texts do not have in common."""

    missing: Sequence[Number]
    """Of the source."""
    added: Sequence[Number]
    """Of the translation."""

    def __bool__(self) -> bool:
        return bool(self.missing or self.added)


@dataclass(frozen=True, slots=True)
class _Data:
    separators: Mapping[str, str]
    scales: Mapping[str, Mapping[str, int]]
    words: Mapping[str, Mapping[str, Sequence[str]]]


@cache
def _data() -> _Data:
    found = json.loads(Path(__file__).with_name("number_words.json").read_text(encoding="utf-8"))
    separators = {lang: signs for signs, langs in found["separators"].items() for lang in langs}
    return _Data(separators, found["scales"], found["words"])


def separators(lang: str) -> str | None:
    """A language's decimal separator and what it sets thousands apart with; None where that is not known."""
    return _data().separators.get(base_language(lang))


def numbers(text: str, lang: str) -> list[Number]:
    """The numbers of a text in this language, in order."""
    found: list[Number] = []
    at = 0
    references = {match.end() for match in _REFERENCE.finditer(text)} if SEPARATED.search(text) else set()
    while (match := _CHUNK.search(text, at)) is not None:
        grouped = _BLANK_GROUPS.match(text, match.start())
        if grouped is not None and not text[grouped.end() : grouped.end() + 1].isdigit():
            match = grouped
        scale = _scale(text, match.end(), lang)
        is_reference = match.start() in references
        value = None if is_reference else _value(match.group(), lang)
        found.append(Number(match.span(), match.group(), value, scale, is_reference))
        at = match.end()
    return found


def _scale(text: str, end: int, lang: str) -> int:
    word = _NEXT_WORD.match(text, end)
    return 0 if word is None else _data().scales.get(base_language(lang), {}).get(word[1].casefold(), 0)


def _value(text: str, lang: str) -> Value | None:
    signs = separators(lang)
    if signs is None:
        return (text.lstrip("0") or "0", "") if text.isdecimal() else None
    decimal, group = signs[0], signs[1]
    whole, _, fraction = text.partition(decimal)
    groups = re.split(f"[{re.escape(group)}{GROUP_BLANKS}]", whole)
    if not all(map(str.isdecimal, groups)) or not (fraction.isdecimal() or decimal not in text):
        return None
    if len(groups) > 1 and (
        len(groups[0]) > 3 or len(groups[-1]) != 3 or any(len(one) not in {2, 3} for one in groups[1:])
    ):
        return None
    return "".join(groups).lstrip("0") or "0", fraction


def difference(source: str, source_lang: str, target: str, target_lang: str) -> Difference:
    """The numbers of one text that the other does not have."""
    found = _CHUNK.findall(source)
    has_hours = found and (says_after_noon(source) or says_after_noon(target))
    if not has_hours and _are_alike(found, _CHUNK.findall(target)):
        return Difference((), ())
    wanted, given = numbers(source, source_lang), numbers(target, target_lang)
    missing: list[Number] = []
    added = list(given)
    for number in wanted:
        same = next((one for one in added if _says_same(number, one)), None)
        if same is None or is_other_half_of_day(source, number.span, target, same.span):
            missing.append(number)
        else:
            added.remove(same)
    for number in list(missing):
        other = next((one for one in added if _is_other_form(number, one, source, target)), None)
        if other is not None:
            missing.remove(number)
            added.remove(other)
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
        return source.digits == target.digits and not source.value[1]
    return source.value == target.value or _scaled(source) == _scaled(target)


def _scaled(number: Number) -> Value:
    """Its value, with the zeros that a word says."""
    whole, fraction = number.value or ("", "")
    return (whole + fraction[: number.scale].ljust(number.scale, "0")).lstrip("0"), fraction[number.scale :]


def _is_other_form(source: Number, target: Number, source_text: str, target_text: str) -> bool:
    if (
        not (source.text.isdecimal() and target.text.isdecimal())
        or len(source.text + target.text) > _MOST_DIGITS
    ):
        return False
    first, second = int(source.text), int(target.text)
    if abs(first - second) == _CLOCK and max(first, second) <= _HOURS:
        return says_after_noon(source_text) or says_after_noon(target_text)
    shorter, longer = sorted((source.text, target.text), key=len)
    return len(shorter) == 2 and len(longer) == 4 and longer.endswith(shorter)


def _is_said_otherwise(number: Number, own: str, other: str, other_lang: str) -> bool:
    """Whether the other text says a number of its own, but not in figures."""
    return (
        _is_written_out(number, other, other_lang)
        or _is_in_roman(number, own, other)
        or is_full_hour(own, number.span)
    )


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
    words = _data().words.get(base_language(lang))
    if words is None or number.value is None or number.value[1] or len(number.value[0]) > _MOST_DIGITS:
        return False
    said = set(_WORDS.findall(text.casefold()))
    value = int(number.value[0])
    forms = words.get(str(value))
    if forms is not None:
        return not said.isdisjoint(forms)
    # Twenty-five, two hundred: several words, or one of several.
    parts, beginnings = _parts_of(base_language(lang), value)
    return any(word in parts or word.startswith(beginnings) for word in said)


@lru_cache(4096)
def _parts_of(lang: str, value: int) -> tuple[frozenset[str], tuple[str, ...]]:
    """The words that a number may be said in, and those of them that others may begin with."""
    words = _data().words[lang]
    parts = frozenset(form for key, forms in words.items() if 1 < int(key) <= value for form in forms)
    return parts, tuple(part for part in parts if len(part) > 3)
