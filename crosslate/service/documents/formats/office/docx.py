"""Word documents."""

from __future__ import annotations

import re

from lxml.etree import _Element as Element

from crosslate.service.documents.document import DELETIONS_STAY, Document, ReadOptions
from crosslate.service.documents.formats.common.direction import turn_shapes, turn_word
from crosslate.service.documents.formats.common.units import Attribute, AttributePattern, Leaf
from crosslate.service.documents.formats.office.docx_bindings import Bindings
from crosslate.service.documents.formats.office.docx_fields import field_codes
from crosslate.service.documents.formats.office.drop_caps import joined_drop_caps
from crosslate.service.documents.formats.office.embedded import read_chunks, read_embedded
from crosslate.service.documents.formats.ooxml.content_types import WORD_DOCUMENTS
from crosslate.service.documents.formats.ooxml.office_file import WORD, OfficeFile, check_namespace

_TEXTS = (
    *WORD_DOCUMENTS,
    "wordprocessingml.header+xml",
    "wordprocessingml.footer+xml",
    "wordprocessingml.footnotes+xml",
    "wordprocessingml.endnotes+xml",
    "wordprocessingml.comments+xml",
    # What stands in controls again once they are emptied.
    "wordprocessingml.document.glossary+xml",
)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_NUMBER = re.compile(r"(%\d)")
_OF_FORMS = tuple(f"{_W}{name}" for name in ("listEntry", "default", "helpText", "statusText"))
"""Of fields to be filled in: choices, what stands there at first, what is said of them."""
_OF_TABLES = tuple(f"{_W}{name}" for name in ("tblCaption", "tblDescription"))
"""What is read out before a table."""
_OFF = frozenset({"0", "off", "false"})


def read_docx(data: bytes, options: ReadOptions) -> Document:
    """Body, tables, text boxes, headers, footers, notes, comments, numbers, charts and diagrams.

    Raises:
        ServiceError: 422, 413.
    """
    file = OfficeFile.open(data, ".docx", WORD_DOCUMENTS)
    parts = list(file.parts(*_TEXTS))
    check_namespace([root for _, root in parts], _W, ".docx")
    for name, root in parts:
        _read_part(file, name, root)
        read_chunks(file, name, root, options)
    for name, root in file.parts("wordprocessingml.numbering+xml"):
        _read_numbering(file, name, root)
    file.read_drawings()
    read_embedded(file, options)
    file.last.append(Bindings(file, [root for _, root in parts]).follow)
    _tell_of_deletions(file, [root for _, root in parts])
    list(file.parts("wordprocessingml.styles+xml"))  # they say which language the text is in
    file.say_language(options.target_lang)
    file.turn(options, turn_word, turn_shapes)
    return file.document()


def _read_part(file: OfficeFile, name: str, root: Element) -> None:
    """Its paragraphs, and the words of watermarks, choices and equations, which are no paragraphs."""
    file.last += [letter.part for letter in joined_drop_caps(root)]
    file.read_paragraphs(name, root, f"{_W}p", WORD)
    for shape in root.iter("{urn:schemas-microsoft-com:vml}textpath"):
        file.units.append(Attribute(shape, "string", name))
    for choice in root.iter(f"{_W}listItem"):
        file.units.append(Attribute(choice, f"{_W}displayText", name))
    file.units += [Attribute(one, f"{_W}val", name) for one in root.iter(*_OF_FORMS, *_OF_TABLES)]
    file.units += [Leaf(text, name) for text in root.iter(f"{_M}t") if _is_plain(text)]
    file.units += field_codes(root, name)
    file.read_alternatives(name, root)


def _is_plain(text: Element) -> bool:
    """Whether it is text in an equation, such as "if" or "otherwise", and no name of anything."""
    run = text.getparent()
    plain = None if run is None else run.find(f"{_M}rPr/{_M}nor")
    return plain is not None and plain.get(f"{_M}val") not in _OFF


def _read_numbering(file: OfficeFile, name: str, root: Element) -> None:
    """The words around numbers of lists and headings, such as `Chapter %1`; a bullet may be a letter."""
    for level in root.iter(f"{_W}lvl"):
        kind, text = level.find(f"{_W}numFmt"), level.find(f"{_W}lvlText")
        if text is not None and (kind is None or kind.get(f"{_W}val") != "bullet"):
            file.units.append(AttributePattern(text, f"{_W}val", _NUMBER, name))


def _tell_of_deletions(file: OfficeFile, roots: list[Element]) -> None:
    if any(next(root.iter(f"{_W}delText", f"{_W}moveFrom"), None) is not None for root in roots):
        file.notices.append(DELETIONS_STAY)
