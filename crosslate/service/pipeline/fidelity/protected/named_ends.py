"""Placeholders that have an end, as tags do: `{b}words{/b}`, `{{link}}words{{/link}}`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from crosslate.service.pipeline.fidelity.protected.spans import Kind, Protected

NAMED_END = r"[$#%]?\{/[A-Za-z][\w\-]{0,40}\}"
_VALUED = re.compile(r"\{[a-z][\w\-]{0,20}=[^{}\s]{1,60}\}")
"""Of games: `{color=#f00}`."""
_END = re.compile(r"[$#%]?\{{1,2}\s?/(?=[A-Za-z])")


def with_named_ends(text: str, protected: Sequence[Protected]) -> Sequence[Protected]:
    """What is protected in a text, in order, with such placeholders as the tags that they are."""
    if "{/" not in text and "{ /" not in text and _VALUED.search(text) is None:
        return protected
    ends = {text[slice(*one.span)] for one in protected if _END.match(text, one.span[0]) is not None}
    begun = {end.replace("/", "", 1) for end in ends}
    return [
        replace(one, kind=Kind.TAG)
        if one.kind is Kind.PLACEHOLDER
        and (text[slice(*one.span)] in begun or _VALUED.match(text, *one.span))
        else one
        for one in protected
    ]
