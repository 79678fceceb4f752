"""A plain text that is JSON: its strings that are values are read, as whoever uses the data sees them.

A model would translate keys, and one quotation mark in another place makes data of it that nobody can read.
"""

from __future__ import annotations

import json
import re

from crosslate.service.pipeline.layout.json_values import is_about_others, values_of
from crosslate.service.pipeline.layout.value_passages import escaped_passages
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Passage

_BLANKS = re.compile(r"[ \t\r\n\ufeff]*")


def json_passages(sent: str) -> list[Passage] | None:
    """The passages of a text that is JSON: objects or lists, one or more; None of any other text."""
    if not _is_json(sent):
        return None
    whole = DerivedText.of(sent)
    found: list[Passage] = []
    for value in values_of(sent):
        if is_about_others(value.path):
            continue
        inside = whole.part(value.start + 1, value.end - 1)
        if inside.span == (value.start + 1, value.end - 1):  # no mark above one of its quotation marks
            found += escaped_passages(inside, '"')
    return found


def _is_json(text: str) -> bool:
    at = _first(text, 0)
    if text[at : at + 1] not in ("{", "["):
        return False
    decoder = json.JSONDecoder()
    try:
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            if not isinstance(value, dict | list):
                return False
            at = _first(text, at)
    except (ValueError, RecursionError):
        return False
    return True


def _first(text: str, at: int) -> int:
    """Behind the blanks."""
    match = _BLANKS.match(text, at)
    return at if match is None else match.end()
