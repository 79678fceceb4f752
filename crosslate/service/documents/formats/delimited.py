"""CSV and TSV: the cells of some columns, or all; delimiters, quotes and every other cell stay."""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosslate.service.documents.document import Document, ReadOptions, Segment, has_words, unreadable
from crosslate.service.documents.encoding import read_text
from crosslate.service.errors import FieldError, ServiceError, malformed

_DELIMITERS = ",;\t|"
_SAMPLE = 16 * 1024
_QUOTE = '"'


@dataclass(frozen=True, slots=True)
class _Cell:
    row: int
    column: int
    start: int
    end: int
    text: str
    is_quoted: bool


def read_csv(data: bytes, options: ReadOptions) -> Document:
    """The cells, in order. Where columns are named, the first row has the names, and stays.

    Raises:
        ServiceError: 422.
    """
    file = read_text(data, ".csv", options.source_lang)
    delimiter, cells = _read(file.text)
    columns = _columns([cell.text for cell in cells if cell.row == 0], options.columns)
    asked = [
        cell
        for cell in cells
        if has_words(cell.text) and (columns is None or (cell.row > 0 and cell.column in columns))
    ]

    def write(translations: Sequence[str]) -> bytes:
        pieces, at = [], 0
        for cell, text in zip(asked, translations, strict=True):
            pieces += [file.text[at : cell.start], _written(text, delimiter, is_quoted=cell.is_quoted)]
            at = cell.end
        return file.encoded("".join([*pieces, file.text[at:]]))

    segments = [Segment(cell.text, "text", f"row {cell.row + 1}, column {cell.column + 1}") for cell in asked]
    return Document(segments, write, file.notices)


def _read(text: str) -> tuple[str, list[_Cell]]:
    """The delimiter, and the cells: what it looks like most, unless quoted cells end with another one.

    Raises:
        ServiceError: 422, a cell that is quoted does not end, whatever the delimiter.
    """
    likely = _delimiter(text)
    by_delimiter: dict[str, list[_Cell]] = {}
    for delimiter in dict.fromkeys(likely + _DELIMITERS):
        with contextlib.suppress(ServiceError):
            by_delimiter[delimiter] = cells = list(_cells(text, delimiter))
            if all(_ends(text, cell.end, delimiter) for cell in cells if cell.is_quoted):
                return delimiter, cells
    return next(iter(by_delimiter.items()), None) or (likely, list(_cells(text, likely)))


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
    for name in wanted:
        if name in names:
            found.add(names.index(name))
        elif name.isdecimal() and 1 <= int(name) <= len(names):
            found.add(int(name) - 1)
        else:
            raise malformed((FieldError(("body", "columns"), f"the file has no column {name!r}"),))
    return found


def _cells(text: str, delimiter: str) -> Iterator[_Cell]:
    row = column = at = 0
    while at < len(text):
        start = at
        if text[at] == _QUOTE:
            at, content = _quoted(text, at)
        else:
            while at < len(text) and text[at] not in (delimiter, "\r", "\n"):
                at += 1
            content = text[start:at]
        yield _Cell(row, column, start, at, content, is_quoted=text[start : start + 1] == _QUOTE)
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
