"""Amounts and hours that are all of a line or a cell, `$4.50`, as the target's language writes them.

No model reads them: they are in no sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.fidelity.numbers.number_forms import in_target_form
from crosslate.service.pipeline.markup.reading import ScannedMarkup
from crosslate.service.pipeline.markup.rewrites import AS_SENT, Rewrites
from crosslate.service.pipeline.wording.hours_in_full import hour_in_target_form

_TELLING = re.compile(r"[$€£¥₽₴₺₹₩%]|\d[hH]|[.,]\d{3}[.,]")
"""What says that figures are a quantity, if not both separators: others may be a version, or a section."""
_SIGN = r"[A-Z]{0,3}[$€£¥₽₴₺₹₩%]"
_GROUPED = r"\d{1,3}(?:\.\d{3}){1,6},\d{1,6}|\d{1,3}(?:,\d{3}){1,6}\.\d{1,6}"
_AMOUNT = rf"[+\-−(]{{0,2}}(?:{_GROUPED}|{_SIGN}[ \xa0]?\d[\d.,]{{0,24}}|\d[\d.,]{{0,24}}[ \xa0]?{_SIGN})\)?"
_LONE = re.compile(
    r"(?:^|[\t\n\r|]|  |\.{4}|_{3}|…)[ ]*"
    rf"(?P<words>{_AMOUNT}(?:[ ]?[–-][ ]?{_AMOUNT})?|\d{{1,2}}[hH]\d\d)"
    r"(?=[ ]*(?:[\t\n\r|]|  |$))"
)


def lone_amounts(text: str, source_lang: str, target_lang: str) -> Rewrites:
    """What is to stand in the place of such amounts wherever the text is copied."""
    if _TELLING.search(text) is None:
        return AS_SENT
    return Rewrites(tuple(_edits(text, source_lang, target_lang)))


def amounts_of_cells(scanned: ScannedMarkup, source_lang: str, target_lang: str) -> Rewrites:
    """The same of a page: of its cells, and of other blocks that are nothing else.

    XML stays: it is data, and programs read its figures.
    """
    if scanned.markup != "html" or _TELLING.search(scanned.sent) is None:
        return AS_SENT
    found = (
        ((start + first, start + last), written)
        for (start, _), words in scanned.figures()
        for (first, last), written in _edits(words, source_lang, target_lang)
    )
    return Rewrites(tuple(found))


def _edits(text: str, *langs: str) -> Iterator[tuple[Span, str]]:
    for lone in _LONE.finditer(text):
        words = lone["words"]
        hour = hour_in_target_form(words, *langs)
        written = in_target_form(words, *langs) if hour == words else hour
        if written != words:
            yield lone.span("words"), written
