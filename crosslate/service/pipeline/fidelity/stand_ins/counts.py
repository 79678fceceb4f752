"""Placeholders that stand for a number before what is counted, as in `{count} new messages`.

A model reads figures in its place: it knows where these stand beside a noun, and not where a name does.
"""

from __future__ import annotations

import re

from crosslate.service.pipeline.fidelity.protected.patterns import Kind, Protected
from crosslate.service.pipeline.fidelity.stand_ins.stand_ins import StandIn
from crosslate.service.pipeline.language.languages import base_language

FIGURES = StandIn("97")
"""Without a separator in any language, and no plural's own form."""
_NAME = (
    r"(?:n|num\w*|number\w*|nb\w*|count\w*|total\w*|qty|quantity|days|hours|minutes|mins|seconds|secs|weeks|months"
    r"|years|items|files|pages|results|users|\w{1,40}_(?:count|num|number|total|qty)|\w{1,40}(?:Count|Num|Number|Total))"
)
_COUNT = re.compile(
    r"%(?:\d{1,2}\$|\(\w{1,64}\))?[,0+]{0,2}\d{0,2}(?:l{0,2}|h{0,2})[diu]"
    rf"|[$#%]?\{{\s?{_NAME}\s?(?:,\s?number[^{{}}]{{0,60}})?\}}|\{{\{{\s?{_NAME}\s?\}}\}}"
    r"|\{\w{1,64},\s?number[^{}]{0,60}\}"
)
_PLURAL = re.compile(r"[ \xa0](?:[^\W\d_]+(?:-[^\W\d_]+)*[ \xa0]){0,2}[^\W\d_]{2,}s(?!\w)")
"""One of the first words behind it ends as nouns that are counted do."""
_LANGUAGES = frozenset({"en", "pt", "es", "fr", "gl", "ca"})


def is_count(text: str, protected: Protected, lang: str) -> bool:
    """Whether something protected in a sentence of this language is such a placeholder."""
    if protected.kind is not Kind.PLACEHOLDER or base_language(lang) not in _LANGUAGES:
        return False
    start, end = protected.span
    return _COUNT.fullmatch(text, start, end) is not None and _PLURAL.match(text, end) is not None
