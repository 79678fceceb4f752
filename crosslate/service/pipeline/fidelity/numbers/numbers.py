"""The numbers of a text, read with the separators and the units of its language."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import regex

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.numbers import digits, east_asian_numbers
from crosslate.service.pipeline.fidelity.numbers.versions import version_starts
from crosslate.service.pipeline.language.languages import base_language, standard_tag

GROUP_BLANKS = " \xa0\u202f'’"
"""Between thousands, whatever the language."""
_BLANK_GROUPS = re.compile(rf"\d{{1,3}}(?:[{GROUP_BLANKS}]\d{{3}})+(?:[.,]\d+)?")
CHUNK = re.compile(digits.CHUNK)
_REFERENCE = re.compile(
    r"(?:§|№|\b(?:tab|tabela|table|quadro|fig|figura|figure|sec|section|secção|seção|chapter|capítulo|cap|version|"
    r"release|revision|build|versão|theorem|lemma|corollary|proposition|definition|equation|eq|exercise|algorithm|"
    r"teorema|lema|corolário|proposição|definição|equação|exercício|algoritmo|art|article|artigo|clause|cláusula|annex|anexo|appendix|item|step|passo"
    r"|point|ponto))\.?\s?(?=\d)",
    re.IGNORECASE,
)
_REFERENCES = re.compile(
    r"\b(?:tables|tabelas|quadros|figs|figures|figuras|secs|sections|secções|seções|chapters|capítulos|versions|"
    r"versões|arts|articles|artigos|clauses|cláusulas|steps|passos)\.?"
    r"(?P<row>\s\d+(?:\.\d+){0,3}(?:(?:,|[-–]|,?\s(?:to|and|or|through|a|e|ou))\s?\d+(?:\.\d+){0,3}){0,16})",
    re.IGNORECASE,
)
_PLURAL_BEFORE = re.compile(r"[sS]\.?\s\d")
_IN_ROW = re.compile(r"\d+(?:\.\d+)*")
SEPARATED = re.compile(r"[.,](?<=\d.)\d")
_NEXT_WORD = regex.compile(r"[ \xa0\u202f-]?(\p{L}[\p{L}\p{M}]*)", regex.VERSION1)
_TIME_BEHIND = re.compile(r"(?<=\.\d\d)[ \xa0\u202f]?[ap](?:m\b|\.[ \xa0]?m\b)", re.IGNORECASE)
"""Behind an hour with its minutes, which is no decimal: `10.30 p.m.`"""
_WITHOUT_BLANKS = frozenset({"th"})
"""Languages that set none behind a word for a scale, of those that have such words here."""
_TWO_COMMON_WAYS = {"es": re.compile(r"\d{1,3},\d{3}")}
"""What one part of a language's countries reads as thousands, and another as a decimal."""

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
    is_of_unknown: bool = False
    """How its language writes numbers is not known, or not one way."""

    @property
    def digits(self) -> str:
        """All of them, in the figures of ASCII."""
        return "".join(filter(str.isdigit, digits.plain_digits(self.text)))


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
    known = _data().separators
    return known.get(standard_tag(lang) or lang) or known.get(base_language(lang))


def number_words(lang: str) -> Mapping[str, Sequence[str]] | None:
    """By figures, the words that a language has for numbers; None where they are not known."""
    return _data().words.get(base_language(lang))


def scale_words(lang: str) -> Mapping[str, int]:
    """A language's words for thousands and more, as far as they are known, with the zeros of each."""
    return _data().scales.get(base_language(lang), {})


def numbers(text: str, lang: str) -> list[Number]:
    """The numbers of a text in this language, in order."""
    found: list[Number] = []
    at = 0
    base = base_language(lang)
    is_unknown = separators(lang) is None
    units = _with_units(text) if base in east_asian_numbers.LANGUAGES and not text.isascii() else {}
    references = _references(text, lang) if SEPARATED.search(text) else frozenset()
    while (match := CHUNK.search(text, at)) is not None:
        if (read := units.get(match.start())) is not None:
            end, whole = read
            found.append(Number((match.start(), end), text[match.start() : end], (whole, "")))
            at = end
            continue
        grouped = _BLANK_GROUPS.match(text, match.start())
        if grouped is not None and not text[grouped.end() : grouped.end() + 1].isdigit():
            match = grouped
        scale = _scale(text, match.end(), lang)
        is_reference = match.start() in references
        is_time = base == "en" and _TIME_BEHIND.match(text, match.end()) is not None
        value = None if is_reference or is_time else _value(match.group(), lang)
        is_free = is_unknown or (value is None and _TWO_COMMON_WAYS.get(base) is not None)
        found.append(Number(match.span(), match.group(), value, scale, is_reference, is_free))
        at = match.end()
    return found


def _references(text: str, lang: str) -> frozenset[int]:
    """Where numbers begin that are no quantities."""
    found = {match.end() for match in _REFERENCE.finditer(text)}
    for several in _REFERENCES.finditer(text) if _PLURAL_BEFORE.search(text) else ():
        found.update(one.start() for one in _IN_ROW.finditer(text, *several.span("row")))
    has_points = (separators(lang) or "").startswith(".")
    return frozenset(found.union(version_starts(text)) if has_points else found)


def _scale(text: str, end: int, lang: str) -> int:
    word = _NEXT_WORD.match(text, end, concurrent=False)
    scales = scale_words(lang)
    if word is None or not scales:
        return 0
    if base_language(lang) in _WITHOUT_BLANKS:
        return next((zeros for name, zeros in scales.items() if word[1].startswith(name)), 0)
    return scales.get(word[1].casefold(), 0)


def _with_units(text: str) -> Mapping[int, tuple[int, str]]:
    """By the place where each begins, where it ends, and its value."""
    return {start: (end, value) for (start, end), value in east_asian_numbers.with_units(text)}


def _value(text: str, lang: str) -> Value | None:
    if (own := digits.own_value(text)) is not None:
        return own[0].lstrip("0") or "0", own[1]
    text = digits.plain_digits(text)
    signs = separators(lang)
    if signs is None:
        return (text.lstrip("0") or "0", "") if text.isdecimal() else None
    two_ways = _TWO_COMMON_WAYS.get(lang)
    if two_ways is not None and two_ways.fullmatch(text):
        return None
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
