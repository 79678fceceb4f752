"""Entries as people keep them in files: one in a line, separated by tabs or commas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Literal

from crosslate.service.errors import FieldError, malformed
from crosslate.service.pipeline.glossary.phrases import check_phrase
from crosslate.service.pipeline.glossary.terms import GlossaryEntry

Format = Literal["tsv", "csv"]


def read_entries(content: str, form: Format, where: tuple[str | int, ...] = ("body",)) -> list[GlossaryEntry]:
    """The entries of a file: in each line a term and its translation; further columns of CSV are left unread.

    CSV has commas, or semicolons where its first line has no comma.

    Raises:
        ServiceError: 422 that names the lines at fault.
    """
    entries: list[GlossaryEntry] = []
    faults: list[FieldError] = []
    for number, cells in lines_of(content, form):
        try:
            entries.append(_entry(cells, form))
        except ValueError as error:
            faults.append(FieldError(where, f"line {number}: {error}"))
    if not entries and not faults:
        faults.append(FieldError(where, "has no entries"))
    if faults:
        raise malformed(tuple(faults[:20]))
    return entries


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
