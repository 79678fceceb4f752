"""Entries as people keep them in files: one in a line, separated by tabs or commas."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from crosslate.service.errors import FieldError, malformed
from crosslate.service.pipeline.glossary.phrases import check_phrase
from crosslate.service.pipeline.glossary.terms import GlossaryEntry

Format = Literal["tsv", "csv"]


def read_entries(content: str, form: Format, where: tuple[str | int, ...] = ("body",)) -> list[GlossaryEntry]:
    """The entries of a file: in each line a term and its translation; further columns of CSV are left unread.

    No line is a header, as in files for DeepL and Azure. CSV has commas, or semicolons where its first line
    has no comma.

    Raises:
        ServiceError: 422 that names the lines at fault.
    """
    return entries_of(lines_of(content, form), form, where)


def entries_of(
    lines: Iterable[tuple[int, list[str]]], form: Format, where: tuple[str | int, ...]
) -> list[GlossaryEntry]:
    """Those of numbered lines; raises as `read_entries`."""
    entries: list[GlossaryEntry] = []
    faults: list[FieldError] = []
    for number, cells in lines:
        try:
            entries.append(_entry(cells, form))
        except ValueError as error:
            faults.append(FieldError(where, f"line {number}: {error}"))
    if not entries and not faults:
        faults.append(FieldError(where, "has no entries"))
    if faults:
        raise malformed(tuple(faults[:20]))
    return entries


def decoded(data: bytes) -> str:
    """The text of a file in UTF-8, or in UTF-16 where it begins as spreadsheets write that.

    Raises:
        ValueError: it is in neither; says where, and what to do.
    """
    encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        shown = encoding.upper()
        raise ValueError(f"is no valid {shown} (see byte {error.start}): save it in UTF-8") from None


def lines_of(content: str, form: Format) -> Iterator[tuple[int, list[str]]]:
    """The cells of the lines that are not blank, with their numbers from 1 on; raises as `read_entries`."""
    content = content.removeprefix("\ufeff")
    if form == "tsv":
        for number, line in enumerate(content.split("\n"), start=1):
            if line.strip():
                yield number, line.rstrip("\r").split("\t")
        return
    first = next((line for line in content.splitlines() if line.strip()), "")
    # Where a comma is in numbers, spreadsheets write semicolons.
    delimiter = ";" if ";" in first and "," not in first else ","
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield reader.line_num, cells
    except csv.Error as error:
        fault = FieldError(("body",), f"line {reader.line_num}: {error}")
        raise malformed((fault,)) from None


def _entry(cells: Sequence[str], form: Format) -> GlossaryEntry:
    if len(cells) < 2 or (form == "tsv" and len(cells) > 2):
        raise ValueError(f"needs a term and its translation, not {len(cells)} column(s)")
    return entry_of(cells[0], cells[1])


def entry_of(source: str, target: str) -> GlossaryEntry:
    """Of two cells.

    Raises:
        ValueError: one of them is no phrase.
    """
    source, target = source.strip(), target.strip()
    for name, phrase in (("the term", source), ("the translation", target)):
        try:
            check_phrase(phrase)
        except ValueError as error:
            raise ValueError(f"{name} {error}") from None
    return GlossaryEntry(source, target)


def written_tsv(entries: Sequence[GlossaryEntry]) -> str:
    """One in a line; no phrase has a tab."""
    return "\n".join(f"{entry.source}\t{entry.target}" for entry in entries)
