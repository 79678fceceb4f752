"""Hours as Portuguese and French write them, `18h` and `18h30`, read as `18:00` and `18:30`.

Languages without this form have no words for it: models copy it, and nobody reads `at 18h30` in English. An
hour is told from a duration, `uma viagem de 2h30`, by what stands before it, or by another hour beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.text.origin import DerivedText

_HOUR = r"(?:[01]?\d|2[0-4])[ \xa0]?[hH](?:[ \xa0]?[0-5]\d)?(?:[ \xa0]?min)?(?![\w:])"
_ONE = re.compile(r"(?P<hour>\d{1,2})[ \xa0]?[hH](?:[ \xa0]?(?P<minutes>\d\d))?(?:[ \xa0]?min\b)?")
_BEFORE = {
    "pt": r"às|as|à|das|pelas|(?:até|por volta d|a partir d|antes d|depois d|desde|entre|após|cerca d)[aà]?s",
    "gl": r"ás|as|á|das|polas",
    "fr": r"à|dès|vers|avant|après|jusqu['’]à|à partir de|entre",
}
_TO = {"pt": "a|às|até", "gl": "a|ás|ata", "fr": "à"}
_JOINS = {"pt": "e|ou|às|as|a|até", "gl": "e|ou|ás|as|a|ata", "fr": "et|ou|à|jusqu['’]à"}
_WITH_HOURS = frozenset({"pt", "gl", "fr", "ca", "oc", "es", "it", "ro"})
"""Languages that write hours so."""


_LABEL = r"(?!Dura|Temp)[A-ZÀ-Ý][a-zà-ÿ]{2,20}:?"
"""Of an hour: `Chegada 18h40`."""


class _Patterns:
    def __init__(self, lang: str) -> None:
        between = rf"\s*(?:[-–—/,]|,?\s(?:{_JOINS[lang]})(?=\s))\s*"
        row = rf"{_HOUR}(?:{between}{_HOUR})*"
        first = r"(?=\d\d?[hH][0-5]|(?:0?[7-9]|1\d|2[0-4])[ \xa0]?[hH])"  # a duration is seldom as long
        to = rf"\s*(?:[-–—]|\s(?:{_TO[lang]})\s)\s*"
        self._rows = (
            re.compile(rf"(?<!\w)(?i:{_BEFORE[lang]})\s(?P<row>{row})"),
            re.compile(
                rf"(?<![\w,.:])(?P<row>{first}{_HOUR}{to}{_HOUR}(?:{between}{_HOUR})*)(?!\s(?:por|de|par)\s)"
            ),
            re.compile(
                rf"(?<![\w,.:])(?P<row>{_HOUR})(?= d[ae] (?:manhã|tarde|noite|madrugada|mañá|noite)(?!\w))"
            ),
            re.compile(rf"(?<!\w){_LABEL} (?P<row>(?:0\d|1\d|2[0-3])[hH][0-5]\d)(?!\w)"),
            re.compile(
                r"(?<!\w)(?i:até|desde) (?P<row>(?:1[3-9]|2[0-3])[ \xa0]?h(?:[ \xa0]?[0-5]\d)?)"
                r"(?![\w:]|\s(?:por|de|após|depois|úteis|seguid)\w*)"
            ),
            re.compile(rf"(?<!\w)[Cc]heck-?(?:in|out):? (?P<row>{_HOUR})"),
            re.compile(r"(?<=[,;] )(?P<row>(?:1\d|2[0-3])[hH][0-5]\d)(?=[,;.]|$)"),
            re.compile(r"(?<![\w,.:])(?P<row>\d\d?[hH][0-5]\d)(?=: [A-ZÀ-Ý])"),
            re.compile(r"(?<![\w,.:])(?P<row>0\d[hH][0-5]\d)(?![\w:])|^(?P<all>\d\d?[hH][0-5]\d)$"),
        )

    def edits(self, text: str) -> list[tuple[Span, str]]:
        """In order, what is read in the place of what."""
        found: dict[int, tuple[Span, str]] = {}
        for pattern in self._rows:
            for row in pattern.finditer(text):
                for span, read in self._of_row(row):
                    found.setdefault(span[0], (span, read))
        return [found[start] for start in sorted(found)]

    def _of_row(self, row: re.Match[str]) -> Iterator[tuple[Span, str]]:
        for one in _ONE.finditer(row.string, *row.span(row.lastgroup or "row")):
            yield one.span(), _in_full(one)


_PATTERNS = {lang: _Patterns(lang) for lang in _BEFORE}


def hour_in_target_form(text: str, source_lang: str, target_lang: str) -> str:
    """An hour, `18h30`, as languages without this form write it; anything else as it is."""
    if base_language(source_lang) not in _PATTERNS or base_language(target_lang) in _WITH_HOURS:
        return text
    one = _ONE.fullmatch(text)
    return text if one is None else _in_full(one)


def _in_full(hour: re.Match[str]) -> str:
    return f"{hour['hour']}:{hour['minutes'] or '00'}"


def with_hours_in_full(
    given: DerivedText, source_lang: str, target_lang: str, kept: Sequence[Span]
) -> DerivedText:
    """The text with its hours as most languages write them; as it is where the target's own has the form.

    Args:
        given: a text or a part of one.
        source_lang: its language.
        target_lang: that of its translation.
        kept: spans of it that stay as they are.
    """
    patterns = _PATTERNS.get(base_language(source_lang))
    if patterns is None or base_language(target_lang) in _WITH_HOURS or "h" not in given.text.lower():
        return given
    return given.edited_beside(patterns.edits(given.text), kept)
