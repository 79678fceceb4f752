"""Slides of PowerPoint."""

from __future__ import annotations

from lxml.etree import _Element as Element

from crosslate.service.documents.document import Document, ReadOptions
from crosslate.service.documents.formats.common.direction import turn_shapes
from crosslate.service.documents.formats.common.units import Attribute, Leaf
from crosslate.service.documents.formats.office.embedded import read_embedded
from crosslate.service.documents.formats.ooxml.content_types import PRESENTATIONS
from crosslate.service.documents.formats.ooxml.office_file import DRAWING, OfficeFile, check_namespace
from crosslate.service.documents.formats.ooxml.runs import RunParagraph

_MASTERS = tuple(
    f"presentationml.{kind}+xml" for kind in ("slideMaster", "slideLayout", "notesMaster", "handoutMaster")
)
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"

_OF_PAPER = frozenset({f"{_P}notesMaster", f"{_P}handoutMaster"})
_PRINTED = frozenset({"hdr", "ftr"})
"""The header and the footer of what is printed, which stand in its master."""


def read_pptx(data: bytes, options: ReadOptions) -> Document:
    """Slides with their tables, notes, charts, diagrams and comments, and what masters show on every slide.

    Raises:
        ServiceError: 422, 413.
    """
    file = OfficeFile.open(data, ".pptx", PRESENTATIONS)
    slides = list(file.parts("presentationml.slide+xml", "presentationml.notesSlide+xml"))
    check_namespace([root for _, root in slides], _P, ".pptx")
    for name, root in slides:
        file.read_shapes(name, root)
    for name, root in file.parts(*_MASTERS):
        _read_master(file, name, root)
    for name, root in file.parts("presentationml.comments+xml"):
        file.units += [Leaf(text, name) for text in root.iter(f"{_P}text")]
    for name, root in file.parts("vnd.ms-powerpoint.comments+xml"):
        file.read_shapes(name, root)
    file.read_drawings()
    read_embedded(file, options)
    for name, root in file.parts(*PRESENTATIONS):  # it says how text looks that has no place in a master
        file.units += [Attribute(section, "name", name) for section in root.iter("{*}section")]
    file.say_language(options.target_lang)
    file.turn(options, turn_shapes)
    return file.document()


def _read_master(file: OfficeFile, name: str, root: Element) -> None:
    """Its own shapes, and what is printed of it: other placeholders say to authors only what they are for."""
    for number, paragraph in enumerate(root.iter(f"{_A}p"), start=1):
        shape = next(paragraph.iterancestors(f"{_P}sp"), None)
        place = None if shape is None else shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
        if place is None or (place.get("type") in _PRINTED and root.tag in _OF_PAPER):
            file.units.append(RunParagraph(paragraph, DRAWING, f"{name}, paragraph {number}"))
