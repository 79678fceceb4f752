"""Files that are told by their type, where an API has no names of files, or a name has no ending."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
ENDINGS: Mapping[str, str] = {
    f"{_OFFICE}.wordprocessingml.document": ".docx",
    f"{_OFFICE}.presentationml.presentation": ".pptx",
    f"{_OFFICE}.spreadsheetml.sheet": ".xlsx",
    f"{_OPEN}.text": ".odt",
    f"{_OPEN}.presentation": ".odp",
    f"{_OPEN}.spreadsheet": ".ods",
    "application/epub+zip": ".epub",
    "application/json": ".json",
    "application/ttml+xml": ".ttml",
    "application/x-subrip": ".srt",
    "application/xliff+xml": ".xliff",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "text/tab-separated-values": ".tsv",
    "text/vtt": ".vtt",
    "text/x-gettext-translation": ".po",
}
"""Of names, by the types that are registered with IANA or in use."""


def ending_of(media_type: str) -> str | None:
    """Of a file of this type, parameters left aside; None where none of the formats has it."""
    return ENDINGS.get(media_type.partition(";")[0].strip().lower())


def with_ending(name: str, media_type: str) -> str:
    """A file's name, which tells its format by its ending: by its type where it has none."""
    return name if PurePath(name).suffix else name + (ending_of(media_type) or "")
