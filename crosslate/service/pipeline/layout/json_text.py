"""A plain text that is JSON: its strings that are values are read, as whoever uses the data sees them.

A model would translate keys, and one quotation mark in another place makes data of it that nobody can read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from crosslate.service.pipeline.layout.forms import Forms
from crosslate.service.pipeline.layout.json_values import values_of
from crosslate.service.pipeline.layout.passages import Passage
from crosslate.service.pipeline.origin import DerivedText

_BLANKS = re.compile(r"[ \t\r\n\ufeff]*")
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CELL = re.compile(r"[^\t\n\r\v\f\x00\x1c-\x1f\x85\u2028\u2029]+")
_CONTROLS = {chr(code): f"\\u{code:04x}" for code in range(0x20)}
_ALWAYS = {**_CONTROLS, '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def json_passages(sent: str) -> list[Passage] | None:
    """The passages of a text that is JSON: objects or lists, one or more; None of any other text."""
    if not _is_json(sent):
        return None
    whole = DerivedText.of(sent)
    found: list[Passage] = []
    for value in values_of(sent):
        inside = whole.part(value.start + 1, value.end - 1)
        if inside.span == (value.start + 1, value.end - 1):  # no mark above one of its quotation marks
            found += string_passages(inside)
    return found


def string_passages(written: DerivedText) -> Iterator[Passage]:
    """What is to be read of a string, without its quotation marks: its lines and cells that have a letter."""
    escapes = {match.span(): json.loads(f'"{match.group()}"') for match in _ESCAPE.finditer(written.text)}
    read = written.edited(list(escapes.items()))
    if _SURROGATE.search(read.text) is not None:
        return
    own = {one: written.text[slice(*span)] for span, one in escapes.items() if not one.isalnum()}
    forms = Forms(_ALWAYS | own)
    for cell in _CELL.finditer(read.text):
        if any(map(str.isalpha, cell.group())):
            yield Passage(text=read.part(*cell.span()), forms=forms, is_markup=True)


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
