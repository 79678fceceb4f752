"""Word documents."""

from __future__ import annotations

from crosslate.service.documents.document import Document, ReadOptions
from crosslate.service.documents.formats.office import OfficeFile, check_not_strict
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


def read_docx(data: bytes, options: ReadOptions) -> Document:
    """Body, tables, text boxes, headers, footers, notes, comments, charts and diagrams.

    Raises:
        ServiceError: 422, 413.
    """
    file = OfficeFile.open(data, ".docx", _MAIN)
    parts = list(file.parts(*_TEXTS))
    check_not_strict([root for _, root in parts], ".docx")
    for name, root in parts:
        file.read_word_paragraphs(name, root)
    file.read_drawings()
    file.read_workbooks(read_xlsx, options)
    return file.document()
