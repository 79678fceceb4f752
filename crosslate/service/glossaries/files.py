"""A glossary as a file of its own, in one of the kinds that people have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

from crosslate.service.errors import FieldError, ServiceError, ToldError, malformed
from crosslate.service.glossaries.formats import Format, decoded, entries_of, lines_of
from crosslate.service.glossaries.glossaries import language_of
from crosslate.service.glossaries.headers import is_header, is_turned
from crosslate.service.glossaries.tmx import tmx_table
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.pipeline.notices import Notice

Kind = Format | Literal["tmx"]
KINDS = "TSV or CSV (a term and its translation in each line), or TMX"
"""For people: what is read."""
_BY_ENDING: dict[str, Kind] = {
    **{"": "tsv", ".tsv": "tsv", ".tab": "tsv", ".txt": "tsv"},
    **{".csv": "csv", ".tmx": "tmx"},
}
_WHERE = ("body",)


class GlossaryFileError(ToldError):
    """A file that is no glossary; the message says where, and never what stands there."""


@dataclass(frozen=True, slots=True)
class GlossaryFile:
    """What a file has for a pair of languages, and what its reader should know."""

    entries: Sequence[GlossaryEntry]
    notices: tuple[Notice, ...] = ()


def read_file(data: bytes, kind: Kind, source_lang: str | None, target_lang: str) -> GlossaryFile:
    """The terms of a file. A first line that names its columns is none, which a notice says.

    Args:
        data: the file; in UTF-8, or in UTF-16 with its mark.
        kind: how it is written.
        source_lang: of the terms; None, to be detected, which TMX cannot do without.
        target_lang: of what they become.

    Raises:
        ServiceError: 422 that names the lines at fault.
    """
    if kind == "tmx":
        if source_lang is None:
            fault = "has terms in several languages: say which one the text is in"
            raise malformed((FieldError(_WHERE, fault),))
        return _read_tmx(data, source_lang, target_lang)
    try:
        content = decoded(data)
    except ValueError as error:
        raise malformed((FieldError(_WHERE, f"the file {error}"),)) from None
    return _read_lines(content, kind, source_lang, target_lang)


def _read_tmx(data: bytes, source_lang: str, target_lang: str) -> GlossaryFile:
    """Units that have no term in one of the languages are for other pairs."""
    table = tmx_table(data, _WHERE, (source_lang, target_lang))
    (_, languages), *lines = table.lines
    pair = language_of(source_lang), language_of(target_lang)
    if not set(pair) <= set(languages):
        fault = f"has no terms from {pair[0]} to {pair[1]}; its languages: {', '.join(languages) or 'none'}"
        raise malformed((FieldError(_WHERE, fault),))
    places = [languages.index(language) for language in pair]
    terms = ((line, [cells[place] for place in places]) for line, cells in lines)
    entries = entries_of(((line, cells) for line, cells in terms if all(cells)), "tsv", _WHERE)
    left_out = [tag for tag in table.left_out if language_of(tag) in pair]
    return GlossaryFile(entries, (_of_variants(left_out),) if left_out else ())


def _of_variants(left_out: Sequence[str]) -> Notice:
    """Of terms that are there for several regions."""
    message = (
        "Units of the glossary have a term for more than one region of a language; those for "
        f"{', '.join(left_out)} were left out where one for the region that was asked for, for none, or an "
        "earlier one was there."
    )
    return Notice("glossary_variant", message)


def _read_lines(content: str, form: Format, source_lang: str | None, target_lang: str) -> GlossaryFile:
    lines = lines_of(content, form)
    number, cells = first = next(lines, (0, []))
    if is_turned(cells, source_lang, target_lang):
        fault = (
            f"line {number}: the columns are from {target_lang} to {source_lang}: turn them, or the languages"
        )
        raise malformed((FieldError(_WHERE, fault),))
    if not is_header(cells, source_lang, target_lang):
        return GlossaryFile(entries_of(chain([first] if cells else [], lines), form, _WHERE))
    message = (
        f"Line {number} of the glossary names its columns and was taken as a header: a term that reads so "
        "has to stand in another line."
    )
    return GlossaryFile(entries_of(lines, form, _WHERE), (Notice("glossary_header", message),))


def read_glossary(path: Path, source_lang: str | None, target_lang: str) -> GlossaryFile:
    """The terms of a file by its ending; what has none that is known is read as TSV.

    Raises:
        GlossaryFileError: it is none.
        OSError: it cannot be read.
    """
    ending = path.suffix.lower()
    try:
        return read_file(path.read_bytes(), _BY_ENDING.get(ending, "tsv"), source_lang, target_lang)
    except ServiceError as error:
        if ending not in _BY_ENDING:
            raise GlossaryFileError(f"{path} is no glossary that can be read: save it as {KINDS}") from None
        told = [fault.msg for fault in error.errors]
        more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
        raise GlossaryFileError(f"{path}: {told[0]}{more}") from None
