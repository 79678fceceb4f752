"""Tables as CSV has them: lines of cells with commas or semicolons between."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import compress

from crosslate.service.pipeline.layout.data.columns import has_names, is_of_keys
from crosslate.service.pipeline.layout.data.values import DataValue, Style
from crosslate.service.pipeline.text.words import is_unspaced

_QUOTED = r'"(?:[^"]|"")*+"'
_END = r"\r\n|\n|\r|\Z"
_ROWS = {
    mark: re.compile(
        rf"(?:[ \t]*(?P<quoted>{_QUOTED})[ \t]*|(?P<plain>[^{mark}\r\n\"]*))(?P<end>{mark}|{_END})"
    )
    for mark in ",;"
}
"""A cell and what is behind it, by what stands between two."""
_ENDS_SENTENCE = re.compile(r"[.!?…][\"')]?$")
_BETWEEN_DIGITS = re.compile(r"\d[,;]\d")


def cell_values(text: str) -> list[DataValue] | None:
    """The cells of a text that is a table, but for the names of columns that programs know; None of others.

    Lines of prose have commas, too, but blanks behind them.
    """
    for delimiter, row in _ROWS.items():
        if delimiter in text and (rows := _rows(text, delimiter, row)) is not None:
            first = [text[slice(*cell.span)] for cell in rows[0]]
            if not has_names([first, *([text[slice(*cell.span)] for cell in row] for row in rows[1:])]):
                return [cell for one in rows for cell in one]
            read = [not is_of_keys(name) for name in first]
            return [cell for one in rows[1:] for cell in compress(one, read)]
    return None


def _rows(text: str, delimiter: str, row: re.Pattern[str]) -> list[list[DataValue]] | None:
    """Those of a table that is even; None where the text is none with this delimiter."""
    rows: list[list[DataValue]] = [[]]
    at, last = 0, len(text.rstrip("\r\n"))
    while at < last:
        cell = row.match(text, at, last)
        if cell is None:
            return None
        if cell["quoted"] is not None:
            start, end = cell.span("quoted")
            rows[-1].append(DataValue((start + 1, end - 1), Style.DOUBLED_DOUBLE))
        elif rows[-1] and cell["plain"][:1].isspace():
            return None
        else:
            rows[-1].append(DataValue(cell.span("plain")))
        at = cell.end()
        if cell["end"] != delimiter:
            if not _is_even(rows):
                return None
            rows.append([])
    if text.endswith(delimiter, 0, last):
        rows[-1].append(DataValue((last, last)))
    return _checked(text, rows)


def _is_even(rows: Sequence[Sequence[DataValue]]) -> bool:
    return len(rows[-1]) == len(rows[0]) > 1


def _checked(text: str, rows: list[list[DataValue]]) -> list[list[DataValue]] | None:
    """The rows, where there are several and the commas of the first part no digits, and no ideographs."""
    found = [row for row in rows if row]
    if len(found) < 2 or not _is_even(found):
        return None
    if all(row[-1].span[0] == row[-1].span[1] for row in found):  # lines that end in a comma
        return None
    if all(_ENDS_SENTENCE.search(text[slice(*row[-1].span)]) for row in found):  # even the first
        return None
    first = text[found[0][0].span[0] : found[0][-1].span[1]]
    is_prose = _BETWEEN_DIGITS.search(first) or is_unspaced(text[slice(*found[0][1].span)][:1])
    return None if is_prose else found
