"""A glossary that somebody has as a file of their own."""

from __future__ import annotations

from pathlib import Path

from crosslate.service.errors import ServiceError, ToldError
from crosslate.service.glossaries.formats import read_entries
from crosslate.service.pipeline.glossary.terms import GlossaryEntry


class GlossaryFileError(ToldError):
    """A file that is no glossary; the message says where, and never what stands there."""


def read_glossary(path: Path) -> tuple[GlossaryEntry, ...]:
    """The entries of a file: `.csv`, or any other with a tab between a term and its translation.

    Raises:
        GlossaryFileError: it is none.
        OSError: it cannot be read.
    """
    try:
        content = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise GlossaryFileError(
            f"{path} is not valid UTF-8: see byte {error.start}; save it in UTF-8"
        ) from None
    try:
        return tuple(read_entries(content, "csv" if path.suffix.lower() == ".csv" else "tsv"))
    except ServiceError as error:
        told = [fault.msg for fault in error.errors]
        more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
        raise GlossaryFileError(f"{path}: {told[0]}{more}") from None
