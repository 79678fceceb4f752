"""Where the texts of a workbook stand, as Excel writes it: `Orders!B3`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from crosslate.service.documents.formats.ooxml.content_types import WORKBOOKS
from crosslate.service.documents.formats.ooxml.office_file import OfficeFile, related

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL = re.compile(rb"""<(?:\w+:)?c\b([^<>]*)>\s*<(?:\w+:)?v>(\d{1,9})</""")
_SHARED = re.compile(rb"""\bt=["']s["']""")
_REFERENCE = re.compile(rb"""\br=["']([A-Z]+[0-9]+)["']""")


@dataclass(frozen=True, slots=True)
class Places:
    """Those of a workbook."""

    sheets: Mapping[str, str]
    """The names of sheets, by their parts'."""
    shared: Mapping[int, str]
    """The first cells with each of the texts that cells share, by its number."""

    @classmethod
    def of(cls, file: OfficeFile, number: int) -> Places:
        """From a workbook whose cells share so many texts; no trees are made of its sheets."""
        sheets = dict(_sheets(file))
        shared: dict[int, str] = {}
        for part, name in sheets.items():
            for cell in _CELL.finditer(file.package.read(part)) if len(shared) < number else ():
                at, index = _REFERENCE.search(cell[1]), int(cell[2])
                if at is not None and index not in shared and _SHARED.search(cell[1]):
                    shared[index] = f"{name}!{at[1].decode()}"
        return cls(sheets, shared)

    def cell(self, part: str, reference: str | None) -> str:
        """Of a cell of a sheet's part."""
        return f"{self.sheets.get(part, part)}!{reference or '?'}"


def _sheets(file: OfficeFile) -> Iterator[tuple[str, str]]:
    for book, root in file.parts(*WORKBOOKS):
        parts = dict(related(file.package, book))
        for sheet in root.iter(f"{_S}sheet"):
            part = parts.get(sheet.get(_ID, ""), "")
            if file.package.has(part):
                yield part, sheet.get("name", "")
