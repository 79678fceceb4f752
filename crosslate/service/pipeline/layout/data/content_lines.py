"""Calendars and address cards (iCalendar, vCard): what people wrote into them is read, all else stays."""

from __future__ import annotations

import re
from collections.abc import Iterator

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.data.values import DataValue, Style

_MAY_BE = re.compile(r"\s*+BEGIN:(?:VCALENDAR|VEVENT|VTODO|VCARD|VJOURNAL)[ \t]*\r?\n")
_LINE = re.compile(r"[^\r\n]+")
_PROPERTY = re.compile(
    r"(?:[\w\-]+\.)?(?P<name>[A-Z][A-Z\d\-]*)(?:;[A-Za-z\d\-]+=(?:\"[^\"\r\n]*\"|[^\";:,\r\n]*)"
    r"(?:,(?:\"[^\"\r\n]*\"|[^\";:,\r\n]*))*+)*+:"
)
_READ = frozenset(["SUMMARY", "DESCRIPTION", "COMMENT", "NOTE", "TITLE", "ROLE", "LOCATION", "CONTACT"])
"""Names of properties that hold prose. Of a person, `N`, `FN`, `ORG` are names."""


def content_line_values(text: str) -> list[DataValue] | None:
    """The prose in a calendar or card; None of any other text."""
    if _MAY_BE.match(text) is None:
        return None
    found: list[DataValue] = []
    for lines in _unfolded(text):
        start, end = lines[0]
        name = _PROPERTY.match(text, start, end)
        if name is None:
            return None
        if name["name"] in _READ:
            pieces = [(name.end(), end), *((first + 1, last) for first, last in lines[1:])]
            pieces = [piece for piece in pieces if piece[0] < piece[1]]
            if pieces:
                found.append(DataValue((pieces[0][0], pieces[-1][1]), Style.ESCAPED_COMMA, tuple(pieces)))
    return found


def _unfolded(text: str) -> Iterator[list[Span]]:
    """The lines of each property: one that begins with a blank goes on in the property before it."""
    lines: list[Span] = []
    for line in _LINE.finditer(text):
        if lines and text[line.start()] not in " \t":
            yield lines
            lines = []
        lines.append(line.span())
    if lines:
        yield lines
