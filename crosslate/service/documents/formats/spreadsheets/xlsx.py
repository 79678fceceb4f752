"""Workbooks of Excel: what cells say. Names of sheets and numbers stay; formulas go with the cells' texts."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from lxml import etree
from lxml.etree import _Element as Element

from crosslate.service.documents.document import Document, ReadOptions, Segment, has_words
from crosslate.service.documents.formats.common.direction import (
    turn_shapes,
    turn_sheet,
    turn_sheet_part,
    turned,
)
from crosslate.service.documents.formats.common.units import Attribute, Leaf, Unit
from crosslate.service.documents.formats.ooxml.content_types import WORKBOOKS
from crosslate.service.documents.formats.ooxml.number_formats import number_formats_of
from crosslate.service.documents.formats.ooxml.office_file import OfficeFile, check_namespace
from crosslate.service.documents.formats.ooxml.runs import RunNames, RunParagraph
from crosslate.service.documents.formats.spreadsheets.constants import TextConstants
from crosslate.service.documents.formats.spreadsheets.forms import read_form_labels
from crosslate.service.documents.formats.spreadsheets.headers import HeaderFooter
from crosslate.service.documents.formats.spreadsheets.pivots import PivotTables
from crosslate.service.documents.formats.spreadsheets.places import Places
from crosslate.service.documents.formats.spreadsheets.strings import escaped, unescaped
from crosslate.service.documents.formats.spreadsheets.tables import TableNames, text_of

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
CELL = RunNames(
    run=f"{_S}r",
    properties=f"{_S}rPr",
    text=f"{_S}t",
    breaks=frozenset(),
    # How Japanese is read aloud: of no use to a translation.
    dropped=frozenset({f"{_S}rPh", f"{_S}phoneticPr"}),
    keeps_space=True,
    read=unescaped,
    written=escaped,
)
_TITLE_CHARACTERS, _MESSAGE_CHARACTERS = 32, 255
"""Of what Excel says beside a cell; it repairs a file that has longer ones."""
_MESSAGES = {
    "promptTitle": _TITLE_CHARACTERS,
    "prompt": _MESSAGE_CHARACTERS,
    "errorTitle": _TITLE_CHARACTERS,
    "error": _MESSAGE_CHARACTERS,
}
_TOO_LONG = "What is said beside some cells is as it was: the translation is longer than Excel takes."
_EXTENDED_RULE = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}dataValidation"
_WORTH_READING = re.compile(
    rb"inlineStr|t=.str.|<(?:\w+:)?f\b|headerFooter|dataValidation|tablePart|tooltip|conditionalFormatting|"
    rb"autoFilter"
)
"""What a sheet has besides figures and shared texts: a tree of a million figures takes half a gigabyte."""
_FINDS_BY_CELLS = re.compile(r'INDIRECT\((?!"[^"]*"\s*[,)])', re.IGNORECASE)
_DEFAULT_NAME = re.compile(r"\w+ ?\d+|Sheet")
_BEFORE_SETTINGS = (
    *("fileVersion", "fileSharing", "workbookPr", "workbookProtection", "bookViews", "sheets"),
    *("functionGroups", "externalReferences", "definedNames"),
)
"""The elements of a workbook that may stand before how it is computed."""


def read_xlsx(data: bytes, options: ReadOptions) -> Document:
    """Cells, comments, shapes, charts, headers and footers, and the names of tables' columns.

    Raises:
        ServiceError: 422, 413.
    """
    file = OfficeFile.open(data, ".xlsx", WORKBOOKS)
    check_namespace([root for _, root in file.parts(*WORKBOOKS)], _S, ".xlsx")
    sheets = list(file.parts("spreadsheetml.worksheet+xml", holding=_WORTH_READING))
    shared = [root for _, root in file.parts("spreadsheetml.sharedStrings+xml")]
    strings = [item for root in shared for item in root.iterfind(f"{_S}si")]
    places = Places.of(file, len(strings))
    addresses = _addresses(file, [root for _, root in sheets])
    file.units += [
        _rich_text(item, places.shared.get(number, "a text"))
        for number, item in enumerate(strings)
        if text_of(item) not in addresses
    ]
    for name, root in sheets:
        _read_sheet(file, name, root, addresses, places)
    _read_comments(file)
    for name, root in file.parts("drawing+xml"):
        file.read_shapes(name, root)
    file.read_drawings()
    for name, root in file.parts("spreadsheetml.styles+xml"):
        file.units += number_formats_of(root, name)
    for name, root in file.parts("spreadsheetml.table+xml"):
        file.units += [
            Attribute(table, one, name)
            for table in root.iter("{*}table")
            for one in ("altText", "altTextSummary")
        ]
    read_form_labels(file)
    texts = [*strings, *(text for _, root in sheets for text in _own_texts(root))]
    constants = TextConstants(file, texts, sheets, places)
    pivots = PivotTables(file, texts)
    file.units += [*constants.units, *pivots.units]
    file.last += [constants.follow, pivots.follow, TableNames(file, strings, sheets).follow]
    file.turn(options, turn_shapes)
    if (from_right := turned(options.source_lang, options.target_lang)) is not None:
        file.last.append(lambda: _turn_sheets(file, from_right=from_right))
    _recalculate(file, [root for _, root in sheets])
    _tell_of_names(file)
    return file.document()


def _addresses(file: OfficeFile, sheets: Sequence[Element]) -> set[str]:
    """What cells may say for formulas to find a place by it: names of sheets, of ranges and of tables."""
    formulas = [formula.text or "" for root in sheets for formula in root.iter(f"{_S}f", f"{_S}formula1")]
    if not any(map(_FINDS_BY_CELLS.search, formulas)):
        return set()
    books = [root for _, root in file.parts(*WORKBOOKS)]
    named = [one for root in books for one in root.iter(f"{_S}sheet", f"{_S}definedName")]
    tables = [root for _, root in file.parts("spreadsheetml.table+xml")]
    return {one.get("name", "") for one in named} | {one.get("displayName", "") for one in tables}


def _read_sheet(
    file: OfficeFile, name: str, root: Element, addresses: Container[str], places: Places
) -> None:
    """What stands in the sheet itself, and what is said beside its cells."""
    for cell in root.iter(f"{_S}c"):
        own = [text for text in _texts_in(cell) if text_of(text) not in addresses]
        file.units += [_rich_text(text, places.cell(name, cell.get("r"))) for text in own]
    name = places.sheets.get(name, name)
    file.units += [HeaderFooter(one, f"{name}, {_name(one)}") for one in root.iterfind(f"{_S}headerFooter/*")]
    for rule in root.iter(f"{_S}dataValidation", _EXTENDED_RULE):
        file.units += [_Message(file, rule, one, most, name) for one, most in _MESSAGES.items()]
    file.units += [
        Attribute(link, "tooltip", name) for link in root.iterfind(f"{_S}hyperlinks/{_S}hyperlink")
    ]


def _read_comments(file: OfficeFile) -> None:
    for name, root in file.parts("spreadsheetml.comments+xml"):
        file.units += [_rich_text(text, name) for text in root.iterfind(f".//{_S}comment/{_S}text")]
    for name, root in file.parts("vnd.ms-excel.threadedcomments+xml"):
        file.units += [Leaf(text, name) for text in root.iterfind(".//{*}threadedComment/{*}text")]


def _own_texts(sheet: Element) -> Iterator[Element]:
    """Of cells whose text is not shared: rich text, or as some programs write it, the value of no formula."""
    for cell in sheet.iter(f"{_S}c"):
        yield from _texts_in(cell)


def _texts_in(cell: Element) -> Iterator[Element]:
    kind = cell.get("t")
    if kind == "inlineStr":
        yield from cell.iterfind(f"{_S}is")
    elif kind == "str" and cell.find(f"{_S}f") is None:
        yield from cell.iterfind(f"{_S}v")


def _rich_text(item: Element, place: str) -> Unit:
    plain = item if item.tag == f"{_S}v" else item.find(f"{_S}t")
    if plain is None:
        return RunParagraph(item, CELL, place)
    return _PlainText(item, plain, place)


class _PlainText:
    """Of a cell whose text has one format."""

    def __init__(self, item: Element, plain: Element, place: str) -> None:
        self._item, self._plain = item, plain
        text = unescaped(plain.text or "")
        self.segments = [Segment(text, "text", place)] if has_words(text) else []

    def put(self, translations: Sequence[str]) -> None:
        """Replace the text; how the old one is read aloud goes."""
        (text,) = translations
        self._plain.text = escaped(text)
        for tag in CELL.dropped:
            for old in self._item.findall(tag):
                self._item.remove(old)


class _Message(Attribute):
    """What Excel says beside a cell or when something wrong is put there, in so many characters at most."""

    def __init__(self, file: OfficeFile, rule: Element, name: str, most: int, place: str) -> None:
        super().__init__(rule, name, place)
        self._notices, self._most = file.notices, most

    def put(self, translations: Sequence[str]) -> None:
        """Replace it, or tell that it would be too long."""
        if all(len(text) <= self._most for text in translations):
            super().put(translations)
        elif _TOO_LONG not in self._notices:
            self._notices.append(_TOO_LONG)


def _turn_sheets(file: OfficeFile, *, from_right: bool) -> None:
    """Those with nothing but figures, too, of which no tree is made."""
    for name, kind in file.types.items():
        if kind.endswith("spreadsheetml.worksheet+xml") and file.package.has(name):
            root = file.roots.get(name)
            if root is None:
                file.changed[name] = turn_sheet_part(file.package.read(name), from_right=from_right)
            else:
                turn_sheet(root, from_right=from_right)


def _recalculate(file: OfficeFile, sheets: Sequence[Element]) -> None:
    """What formulas made of the texts is made anew when the file is opened."""
    if not any(next(root.iter(f"{_S}f"), None) is not None for root in sheets):
        return
    for _, root in file.parts(*WORKBOOKS):
        settings = root.find(f"{_S}calcPr")
        if settings is None:
            settings = etree.Element(f"{_S}calcPr")
            before = [i for i, one in enumerate(root) if _name(one) in _BEFORE_SETTINGS]
            root.insert(max(before, default=-1) + 1, settings)
        settings.set("fullCalcOnLoad", "1")


def _name(element: Element) -> str:
    """Without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _tell_of_names(file: OfficeFile) -> None:
    names = [sheet.get("name", "") for _, root in file.parts(*WORKBOOKS) for sheet in root.iter(f"{_S}sheet")]
    if any(has_words(name) and not _DEFAULT_NAME.fullmatch(name) for name in names):
        file.notices.append("The names of sheets are as they were, since formulas and links have them.")
