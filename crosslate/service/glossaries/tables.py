"""Glossaries as tables: the first line names languages, and each further one has a term in each of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

import langcodes

from crosslate.service.errors import FieldError, malformed
from crosslate.service.glossaries.formats import Format, entry_of
from crosslate.service.glossaries.glossaries import Dictionary, language_of
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.pipeline.language.languages import standard_tag

Pair = tuple[str, str]
_MOST_LANGUAGES = 20


def read_table(
    lines: Iterator[tuple[int, list[str]]], *, is_mutual: bool, where: tuple[str | int, ...]
) -> list[Dictionary]:
    """What a table has for each pair of languages. A cell that is empty has no term.

    Args:
        lines: with their numbers, as `lines_of` and `tmx_table` give them.
        is_mutual: the terms of every language stand for those of all others; else those of the first do.
        where: the file's place in the request.

    Raises:
        ServiceError: 422 that names the lines at fault.
    """
    languages = _languages(next(lines, (1, []))[1], where)
    wanted = [
        (source, target)
        for source in range(len(languages) if is_mutual else 1)
        for target in range(len(languages))
        if source != target
    ]
    found: dict[tuple[int, int], list[GlossaryEntry]] = {pair: [] for pair in wanted}
    faults = list(_read(lines, found, len(languages), where))
    if not faults and not any(found.values()):
        faults = [FieldError(where, "has no terms below its first line")]
    if faults:
        raise malformed(tuple(faults[:20]))
    return [
        Dictionary(languages[source], languages[target], entries)
        for (source, target), entries in found.items()
        if entries
    ]


def _languages(cells: Sequence[str], where: tuple[str | int, ...]) -> list[str]:
    """Of the columns."""
    codes = [cell.strip() for cell in cells]
    known = [language_of(code) for code in codes if langcodes.tag_is_valid(standard_tag(code) or "")]
    if len(known) < len(codes) or not 2 <= len(set(known)) == len(codes) <= _MOST_LANGUAGES:
        fault = (
            f"the first line has to name 2 to {_MOST_LANGUAGES} languages, such as en and pt, each once "
            "whatever its region"
        )
        raise malformed((FieldError(where, fault),))
    return codes


def _read(
    lines: Iterator[tuple[int, list[str]]],
    found: Mapping[tuple[int, int], list[GlossaryEntry]],
    num_columns: int,
    where: tuple[str | int, ...],
) -> Iterator[FieldError]:
    """Fill in what lines have for the pairs; gives their faults."""
    for number, cells in lines:
        if len(cells) > num_columns:
            yield FieldError(where, f"line {number}: has {len(cells)} columns, and the first {num_columns}")
            continue
        filled = [*cells, *[""] * (num_columns - len(cells))]
        try:
            for (source, target), entries in found.items():
                if filled[source].strip() and filled[target].strip():
                    entries.append(entry_of(filled[source], filled[target]))
        except ValueError as error:
            yield FieldError(where, f"line {number}: {error}")


def table_of(dictionaries: Mapping[Pair, Sequence[GlossaryEntry]]) -> list[tuple[str, ...]]:
    """The terms of one language, in the order in which they came, with all that they become.

    The first line names the languages.

    Args:
        dictionaries: by pairs of languages, whose first is the same in all.
    """
    source, targets = next(iter(dictionaries))[0], [target for _, target in dictionaries]
    rows: dict[str, list[list[str]]] = {}
    for place, entries in enumerate(dictionaries.values()):
        for entry in entries:
            rows.setdefault(entry.source, [[] for _ in targets])[place].append(entry.target)
    lines = [(source, *targets)]
    for term, choices in rows.items():
        lines += [(term, *row) for row in zip_longest(*choices, fillvalue="")]
    return lines


def written_table(lines: Sequence[Sequence[str]], form: Format) -> str:
    """The file of a table; `form` is what is to stand between cells."""
    if form == "tsv":
        return "".join("\t".join(line) + "\n" for line in lines)
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(lines)
    return written.getvalue()
