"""Forms of dates, `DD/MM/YYYY`, whose letters stand for words: models write `YYYYY` at times."""

from __future__ import annotations

import re

from crosslate.service.pipeline.language.languages import base_language

DATE_FORM = re.compile(
    r"(?<!\w)(?:(?:DD?/MM?|MM?/DD?)/(?:Y{4}|A{4}|Y{2}|A{2})|(?:DD-MM|MM-DD)-(?:Y{4}|A{4})|A{4}[-/]MM[-/]DD)(?!\w)"
)
_YEAR = dict.fromkeys(("pt", "es", "fr", "gl", "ca", "it"), "A")
_DAY = {"fr": "J", "it": "G"}


def date_form_in_target(text: str, target_lang: str) -> str:
    """A form of dates with the letters of the target's words; any other text as it is."""
    if DATE_FORM.fullmatch(text) is None:
        return text
    lang = base_language(target_lang)
    day, year = _DAY.get(lang, "D"), _YEAR.get(lang, "Y")
    return text.replace("A", year).replace("Y", year).replace("D", day)
