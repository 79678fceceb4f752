"""Numbers as another language writes them: `1,250.00` is `1.250,00` in Portuguese."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crosslate.service.pipeline.fidelity.numbers.numbers import (
    GROUP_BLANKS,
    SEPARATED,
    Number,
    numbers,
    separators,
)
from crosslate.service.pipeline.text.origin import DerivedText

_PART_BEFORE, _PART_AFTER = re.compile(r"(?:[.,:/]|\w[-_])$"), re.compile(r"[:_]|/(?![^\W\d_])|-\w")
"""A number that is part of a code, a date or a time is written alike everywhere; `$9.50/kg` is none."""
_OUT_OF = re.compile(r"/(?:4|5|10|20|100)(?:[.,]0)?(?![\d/.,]*[\d/])")
_BEFORE_MOST = re.compile(r"\d[.,]\d{1,2}/$")
"""Behind a mark, as in `8.5/10`, and before the best one."""
_MONEY = re.compile(r"[$€£¥₽₴₺₹₩][ \xa0\u202f]?$")
_SEPARATORS = re.compile(r"[.,]")
_UNIT = re.compile(
    r"[ \xa0\u202f]?(?:[%‰°€$£₽₴₺₹₩]"
    r"|(?:k?m|cm|mm|[km]?g|[mc]?l|[kMG]?W|[kMGT]B|h|s|mph|lb|ft|zł|Kč|kr|Ft|lei|к?м|см|мм|[кмд]?г|м?л|руб|грн|лв)\b)"
)
_LIKE_TELEPHONE = re.compile(r"\d{3}(?:[ \xa0\u202f]\d{3}){2}")
"""Of Poland, Czechia and Portugal, or of a company in France."""
_BLANK_GROUPS = re.compile(r"\d[ \xa0\u202f]\d{3}(?!\d)")


def rewritten_numbers(text: str, source_lang: str, target_lang: str) -> dict[str, str]:
    """The numbers of a text that the target language writes in another way, and how.

    A decimal without a unit may be the number of a table. That of one for certain is to stay.
    """
    if SEPARATED.search(text) is None and not _has_blank_groups(text, source_lang):
        return {}
    found: dict[str, str] = {}
    for number in numbers(text, source_lang):
        start, end = number.span
        written = in_target_form(number.text, source_lang, target_lang)
        if number.is_reference and written not in text:
            found[written] = number.text
        if number.value is None or _is_part(number, text):
            continue
        is_grouped = sum(map(number.text.count, f".,{GROUP_BLANKS}")) > 1 or bool(number.value[1]) is False
        is_amount = (
            _OUT_OF.match(text, end)
            or _UNIT.match(text, end)
            or _MONEY.search(text, max(0, start - 2), start)
        )
        if _LIKE_TELEPHONE.fullmatch(number.text) and not is_amount:
            continue
        if written != number.text and (is_grouped or is_amount):
            found[number.text] = written
    return found


def _has_blank_groups(text: str, lang: str) -> bool:
    """Whether a text may have numbers with blanks between thousands, as its language sets them."""
    return (separators(lang) or ",.")[1].isspace() and _BLANK_GROUPS.search(text) is not None


@dataclass(frozen=True, slots=True)
class RewrittenNumbers:
    """Writes numbers as the target language does that a model has copied, or written with mixed separators.

    `1.234.567` came out as `1.234,567` in English.
    """

    forms: Mapping[str, str]
    target_lang: str
    source: str = ""
    """The text that the numbers are of: one of them may be written there as another is to be."""

    def restored(self, written: DerivedText) -> DerivedText:
        """The text with these numbers."""
        found = [(number.span, self._form(number)) for number in numbers(written.text, self.target_lang)]
        return written.edited([(span, form) for span, form in found if form and self._is_free(form, written)])

    def _is_free(self, form: str, written: DerivedText) -> bool:
        """Whether what a number is to become is not there already."""
        return form not in written.text or form in self.source

    def _form(self, number: Number) -> str | None:
        if number.text in self.forms or len(_SEPARATORS.findall(number.text)) < 2:
            return self.forms.get(number.text)
        alike = (form for form in self.forms.values() if re.sub(r"\D", "", form) == number.digits)
        return next(alike, None)


def in_target_form(text: str, source_lang: str, target_lang: str) -> str:
    """A text that is no language, such as an amount, with its numbers as the target language writes them."""
    source, target = separators(source_lang), separators(target_lang)
    if source is None or target is None or (source == target and not target[1].isspace()):
        return text
    for number in reversed(numbers(text, source_lang)):
        start, end = number.span
        if number.value is None or _is_part(number, text):
            continue
        whole, fraction = number.text, ""
        if source[0] in number.text:
            whole, fraction = number.text.split(source[0])
        groups = _of_thousands(re.split(f"[{re.escape(source[1])}{GROUP_BLANKS}]", whole))
        written = target[1].join(groups) + (target[0] + fraction if fraction else "")
        text = text[:start] + written + text[end:]
    return text


def _is_part(number: Number, text: str) -> bool:
    """Whether it is part of a date, a time, a code; no mark such as `8.5/10` is."""
    start, end = number.span
    has_fraction = number.value is not None and number.value[1] != ""
    if has_fraction and (_OUT_OF.match(text, end) or _BEFORE_MOST.search(text, 0, start)):
        return False
    return bool(_PART_BEFORE.search(text, 0, start) or _PART_AFTER.match(text, end))


def _of_thousands(groups: list[str]) -> list[str]:
    """Figures in groups of three: some countries write `1,50,000`."""
    if all(len(group) == 3 for group in groups[1:]):
        return groups
    figures = "".join(groups)
    first = len(figures) % 3
    found = [figures[at : at + 3] for at in range(first, len(figures), 3)]
    return [figures[:first], *found] if first else found
