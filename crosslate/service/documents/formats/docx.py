"""Word documents."""

from __future__ import annotations

import re

from lxml.etree import _Element as Element

from crosslate.service.documents.document import Document, ReadOptions
from crosslate.service.documents.formats.office import OfficeFile, check_not_strict
from crosslate.service.documents.formats.units import AttributePattern
from crosslate.service.documents.formats.xlsx import read_xlsx

_MAIN = "wordprocessingml.document.main+xml"
_TEXTS = (
    _MAIN,
    "wordprocessingml.header+xml",
    "wordprocessingml.footer+xml",
    "wordprocessingml.footnotes+xml",
    "wordprocessingml.endnotes+xml",
    "wordprocessingml.comments+xml",
)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_NUMBER = re.compile(r"(%\d)")


def read_docx(data: bytes, options: ReadOptions) -> Document:
    """Body, tables, text boxes, headers, footers, notes, comments, numbers, charts and diagrams.

    Raises:
        ServiceError: 422, 413.
    """
    file = OfficeFile.open(data, ".docx", _MAIN)
    parts = list(file.parts(*_TEXTS))
    check_not_strict([root for _, root in parts], ".docx")
    for name, root in parts:
        file.read_word_paragraphs(name, root)
    for name, root in file.parts("wordprocessingml.numbering+xml"):
        _read_numbering(file, name, root)
    file.read_drawings()
    file.read_workbooks(read_xlsx, options)
    return file.document()


def _read_numbering(file: OfficeFile, name: str, root: Element) -> None:
    """The words around numbers of lists and headings, such as `Chapter %1`; a bullet may be a letter."""
    for level in root.iter(f"{_W}lvl"):
        kind, text = level.find(f"{_W}numFmt"), level.find(f"{_W}lvlText")
        if text is not None and (kind is None or kind.get(f"{_W}val") != "bullet"):
            file.units.append(AttributePattern(text, f"{_W}val", _NUMBER, name))
