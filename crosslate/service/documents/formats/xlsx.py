"""Workbooks of Excel: what cells say. Names of sheets and numbers stay; formulas go with the cells' texts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import etree
from lxml.etree import _Element as Element

from crosslate.service.documents.document import Document, ReadOptions, Segment, has_words
from crosslate.service.documents.formats.office import OfficeFile, check_not_strict
from crosslate.service.documents.formats.runs import RunNames, RunParagraph
from crosslate.service.documents.formats.units import Leaf, Unit
from crosslate.service.documents.formats.xlsx_constants import TextConstants
from crosslate.service.documents.formats.xlsx_tables import TableNames
from crosslate.service.documents.inline import legal

_MAIN = "spreadsheetml.sheet.main+xml"
_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_CODE = re.compile(r'(&(?:"[^"]*"|K[0-9A-Fa-f]{6}|K[0-9]{2}[+-][0-9]{3}|[0-9]+|.))', re.DOTALL)
"""Of a header or footer: a font, a colour, a size, a page number, an ampersand."""

CELL = RunNames(
    run=f"{_S}r",
    properties=f"{_S}rPr",
    text=f"{_S}t",
    breaks=frozenset(),
    # How Japanese is read aloud: of no use to a translation.
    dropped=frozenset({f"{_S}rPh", f"{_S}phoneticPr"}),
    keeps_space=True,
)


def read_xlsx(data: bytes, options: ReadOptions) -> Document:
    """Cells, comments, shapes, charts, headers and footers, and the names of tables' columns.

    Raises:
        ServiceError: 422, 413.
    """
    del options
    file = OfficeFile.open(data, ".xlsx", _MAIN)
    sheets = list(file.parts("spreadsheetml.worksheet+xml"))
    shared = [root for _, root in file.parts("spreadsheetml.sharedStrings+xml")]
    check_not_strict([root for _, root in sheets], ".xlsx")
    strings = [item for root in shared for item in root.iterfind(f"{_S}si")]
    file.units += [_rich_text(item, f"text {number}") for number, item in enumerate(strings, start=1)]
    for name, root in sheets:
        file.units += [_rich_text(cell, name) for cell in root.iterfind(f".//{_S}c/{_S}is")]
        file.units += [_HeaderFooter(one, name) for one in root.iterfind(f"{_S}headerFooter/*")]
    for name, root in file.parts("spreadsheetml.comments+xml"):
        file.units += [_rich_text(text, name) for text in root.iterfind(f".//{_S}comment/{_S}text")]
    for name, root in file.parts("vnd.ms-excel.threadedcomments+xml"):
        file.units += [Leaf(text, name) for text in root.iterfind(".//{*}threadedComment/{*}text")]
    for name, root in file.parts("drawing+xml"):
        file.read_shapes(name, root)
    file.read_drawings()
    inline = [text for _, root in sheets for text in root.iterfind(f".//{_S}c/{_S}is")]
    constants = TextConstants(file, [*strings, *inline])
    file.units += constants.choices
    file.last += [constants.follow, TableNames(file, strings).follow]
    _recalculate(file)
    return file.document()


def _rich_text(item: Element, place: str) -> Unit:
    plain = item.find(f"{_S}t")
    if plain is None:
        return RunParagraph(item, CELL, place)
    return _PlainText(item, plain, place)


class _PlainText(Leaf):
    """Of a cell whose text has one format."""

    def __init__(self, item: Element, plain: Element, place: str) -> None:
        super().__init__(plain, place)
        self._item = item

    def put(self, translations: Sequence[str]) -> None:
        """Replace the text; how the old one is read aloud goes."""
        super().put(translations)
        for tag in CELL.dropped:
            for old in self._item.findall(tag):
                self._item.remove(old)


class _HeaderFooter:
    """The text between the codes of a page's header or footer."""

    def __init__(self, element: Element, place: str) -> None:
        self._element = element
        self._pieces = _CODE.split(element.text or "")
        self._places = [i for i, piece in enumerate(self._pieces) if i % 2 == 0 and has_words(piece)]
        self.segments = [
            Segment(self._pieces[i], "text", f"{place}, {etree.QName(element).localname}")
            for i in self._places
        ]

    def put(self, translations: Sequence[str]) -> None:
        """With the codes where they were."""
        for at, text in zip(self._places, translations, strict=True):
            self._pieces[at] = legal(text).replace("&", "&&")
        self._element.text = "".join(self._pieces)


def _recalculate(file: OfficeFile) -> None:
    """What formulas made of the texts is made anew when the file is opened."""
    for _, root in file.parts(_MAIN):
        settings = root.find(f"{_S}calcPr")
        if settings is not None:
            settings.set("fullCalcOnLoad", "1")
