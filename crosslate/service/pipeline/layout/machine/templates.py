"""Templates and tables of wikis over several lines: names are for programs, and only values are read."""

from __future__ import annotations

import re

from crosslate.service.pipeline.layout.machine.blocks import Lines, Words, nothing

_OPENING = re.compile(r"[ \t]*\{\{[^{}|\r\n]{1,100}(?:\|[^{}\r\n]*)?$")
_PARAMETER = re.compile(r"[ \t]*\|[ \t]*[^=|{}\[\]\r\n]{1,60}=[ \t]*")
_OF_TABLE = re.compile(r"[ \t]*(?:\{\|.*|\|-+.*|\|\})$")
"""Where a table begins and ends, and between its rows."""
_BRACES = re.compile(r"\{\{|\}\}")


def words_of_templates(text: str, lines: Lines) -> Words:
    """Their lines by number, each with what of it is to be read."""
    if "{{" in text and "}}" in text:
        yield from _parameters(text, lines)
    if "{|" in text and "|}" in text:
        yield from ((at, nothing(line)) for at, line in enumerate(lines) if _OF_TABLE.match(text, *line))


def _parameters(text: str, lines: Lines) -> Words:
    depth = 0
    for number, line in enumerate(lines):
        is_inside = depth > 0
        if is_inside or _OPENING.match(text, *line) is not None:
            depth += sum(1 if brace[0] == "{{" else -1 for brace in _BRACES.finditer(text, *line))
        if not is_inside:
            if depth > 0:
                yield number, nothing(line)
            continue
        parameter = _PARAMETER.match(text, *line)
        if parameter is not None:
            yield number, (parameter.end(), line[1])
        elif not any(map(str.isalnum, text[slice(*line)])):
            yield number, nothing(line)
