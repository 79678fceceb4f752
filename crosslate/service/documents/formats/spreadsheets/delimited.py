"""CSV and TSV: the cells of some columns, or all; delimiters, quotes and every other cell stay."""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosslate.service.documents.document import Document, ReadOptions, Segment, has_words, unreadable
from crosslate.service.documents.edits import edited
from crosslate.service.documents.encoding import read_text
from crosslate.service.errors import FieldError, ServiceError, malformed

_DELIMITERS = ",;\t|"
_SAMPLE = 16 * 1024
_QUOTE = '"'
_MOST_NAMED = 10
_LONGEST_NAME = 40
_DECLARED = re.compile(r"sep=(.)(?:\r\n|\r|\n)", re.IGNORECASE)
"""The line by which Excel is told; nothing of the table."""


@dataclass(frozen=True, slots=True)
class _Cell:
    row: int
    column: int
    start: int
    end: int
    text: str
    is_quoted: bool


@dataclass(frozen=True, slots=True)
class _Table:
    delimiter: str
    names: list[str]
    """What the cells of the first row say."""
    worded: list[_Cell]
    """The cells that have words; of figures there may be millions."""
    is_sure: bool
    """Every cell that is quoted ends at a delimiter or with its row."""
    is_even: bool
    """All rows have the same number of cells, more than one."""


def read_csv(data: bytes, options: ReadOptions) -> Document:
    """The cells, in order. Where columns are named, the first row has the names, and stays.

    Raises:
        ServiceError: 422.
    """
    file = read_text(data, ".csv", options.source_lang)
    table = _read(file.text)
    columns = _columns(table.names, options.columns)
    asked = [cell for cell in table.worded if columns is None or (cell.row > 0 and cell.column in columns)]

    def write(translations: Sequence[str]) -> bytes:
        edits = (
            (cell.start, cell.end, _written(text, table.delimiter, is_quoted=cell.is_quoted))
            for cell, text in zip(asked, translations, strict=True)
        )
        written = edited(file.text, edits)
        # Excel takes a table for one in UTF-8 by its mark only.
        return written.encode("utf-8-sig") if file.notices else file.encoded(written)

    segments = [Segment(cell.text, "text", f"row {cell.row + 1}, column {cell.column + 1}") for cell in asked]
    return Document(segments, write, file.notices)


def _read(text: str) -> _Table:
    """With the delimiter that the text declares, or that parts all rows alike, or that it looks like most.

    Of the last two only one that quoted cells end with, if there is any.

    Raises:
        ServiceError: 422, a cell that is quoted does not end, whatever the delimiter.
    """
    declared = _DECLARED.match(text)
    if declared is not None:
        return _table(text, declared[1], declared.end())
    likely = _delimiter(text)
    found: _Table | None = None
    for delimiter in dict.fromkeys(likely + _DELIMITERS):
        with contextlib.suppress(ServiceError):
            table = _table(text, delimiter)
            if table.is_sure and table.is_even:
                return table
            if found is None or (table.is_sure and not found.is_sure):
                found = table
    return found or _table(text, likely)


def _table(text: str, delimiter: str, start: int = 0) -> _Table:
    names: list[str] = []
    worded: list[_Cell] = []
    is_sure = True
    widths: set[int] = set()
    width = 0
    for cell in _cells(text, delimiter, start):
        if cell.row == 0:
            names.append(cell.text)
        if cell.column == 0:
            widths.add(width)
        # A line without anything is no row of the table.
        width = cell.column + 1 if cell.column or cell.end > cell.start else 0
        if has_words(cell.text):
            worded.append(cell)
        is_sure = is_sure and (not cell.is_quoted or _ends(text, cell.end, delimiter))
    is_even = len((widths | {width}) - {0}) == 1 and max(widths | {width}) > 1
    return _Table(delimiter, names, worded, is_sure, is_even)


def _ends(text: str, at: int, delimiter: str) -> bool:
    return at == len(text) or text[at] in (delimiter, "\r", "\n")


def _delimiter(text: str) -> str:
    try:
        return csv.Sniffer().sniff(text[:_SAMPLE], _DELIMITERS).delimiter
    except csv.Error:
        return ","


def _columns(names: Sequence[str], wanted: Sequence[str]) -> set[int] | None:
    if not wanted:
        return None
    found: set[int] = set()
    numbers = {str(i): i - 1 for i in range(1, len(names) + 1)}
    for name in wanted:
        if name in names:
            found.add(names.index(name))
        elif name in numbers:
            found.add(numbers[name])
        else:
            raise malformed((FieldError(("body", "columns"), _unknown(name, names)),))
    return found


def _unknown(wanted: str, names: Sequence[str]) -> str:
    known = ", ".join(repr(name[:_LONGEST_NAME]) for name in names[:_MOST_NAMED])
    return (
        f"the file has no column {wanted!r}; its first line has {known}{', …' * (len(names) > _MOST_NAMED)}"
    )


def _cells(text: str, delimiter: str, at: int) -> Iterator[_Cell]:
    row = column = 0
    plain = re.compile(f"[^{re.escape(delimiter)}\r\n]*")
    while at < len(text):
        start, is_quoted = at, text[at] == _QUOTE
        if is_quoted:
            at, content = _quoted(text, at)
        else:
            content = plain.match(text, at)[0]  # type: ignore[index]  # nothing is a match, too
            at += len(content)
        yield _Cell(row, column, start, at, content, is_quoted)
        if at < len(text) and text[at] == delimiter:
            column, at = column + 1, at + 1
        else:
            at += 2 if text.startswith("\r\n", at) else 1
            row, column = row + 1, 0


def _quoted(text: str, start: int) -> tuple[int, str]:
    """Where a quoted cell ends, and what it says."""
    at = start + 1
    while True:
        at = text.find(_QUOTE, at)
        if at < 0:
            raise unreadable(".csv", "a cell that is quoted does not end")
        if not text.startswith(_QUOTE, at + 1):
            return at + 1, text[start + 1 : at].replace(_QUOTE * 2, _QUOTE)
        at += 2


def _written(text: str, delimiter: str, *, is_quoted: bool) -> str:
    # A quote within a cell that does not begin with one is a sign as any other.
    if is_quoted or text.startswith(_QUOTE) or any(one in text for one in (delimiter, "\r", "\n")):
        return f"{_QUOTE}{text.replace(_QUOTE, _QUOTE * 2)}{_QUOTE}"
    return text
