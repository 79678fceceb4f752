"""Years with their era, `AD 70` and `70 a.C.`: models leave the era out of some, with the year a number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.language.languages import base_language

_YEAR = r"\d{1,4}(?!\w|[.,/:]\d)"
_BEFORE = r"(?P<before>BCE?|B\.C\.(?:E\.)?|[aA]\.[ \xa0]?C\.|[aA]\.?C)"
_AFTER = r"(?P<after>AD|A\.D\.|CE|C\.E\.|[dD]\.[ \xa0]?C\.|[dD]\.?C)"
_ERA = rf"(?:{_BEFORE}|{_AFTER})(?!\w)"
_BEHIND = re.compile(rf"(?<![\w.,/:-])(?P<year>\d{{1,4}})[ \xa0]?{_ERA}")
_AHEAD = re.compile(rf"(?<![\w.])(?:AD|A\.D\.)[ \xa0](?P<year>{_YEAR})")
_WRITTEN = {"en": ("BC", "AD"), "pt": ("a.C.", "d.C.")}


def lost_eras(source: str, output: str, source_lang: str, target_lang: str) -> Sequence[Span]:
    """Where years with an era stand in a source of which the translation has the year alone, or none."""
    if ("C" not in source and "D" not in source) or not _has_forms(source_lang, target_lang):
        return []
    years = list(_years(source))
    written = [(year, is_before) for _, year, is_before in _years(output)] if years else []
    lost: list[Span] = []
    for span, year, is_before in years:
        if (year, is_before) in written:
            written.remove((year, is_before))
        else:
            lost.append(span)
    return lost


def era_in_target_form(text: str, source_lang: str, target_lang: str) -> str:
    """A year with its era as the target's language writes it; any other text as it is."""
    found = list(_years(text)) if _has_forms(source_lang, target_lang) else []
    if len(found) != 1 or found[0][0] != (0, len(text)):
        return text
    _, year, is_before = found[0]
    before, after = _WRITTEN[base_language(target_lang)]
    return f"{year} {before if is_before else after}"


def _has_forms(source_lang: str, target_lang: str) -> bool:
    return base_language(source_lang) in _WRITTEN and base_language(target_lang) in _WRITTEN


def _years(text: str) -> Iterator[tuple[Span, str, bool]]:
    """Their spans, the figures, and whether they are before Christ; of two eras around one year the first."""
    taken: set[int] = set()
    for match in _AHEAD.finditer(text):
        taken.add(match.start("year"))
        yield match.span(), match["year"], False
    for match in _BEHIND.finditer(text):
        if match.start("year") not in taken:
            yield match.span(), match["year"], match["before"] is not None
