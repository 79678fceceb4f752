"""Tables in workbooks: they know their columns by the texts of their first rows.

Names, and formulas with them, have to say what the cells say: Excel "repairs" a file in which they do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from lxml import etree
from lxml.etree import _Element as Element

from crosslate.service.documents.formats.formulas.columns import column_letters
from crosslate.service.documents.formats.ooxml.office_file import OfficeFile, related
from crosslate.service.documents.formats.spreadsheets.strings import escaped, unescaped

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_COLUMN = re.compile(r"\[(@?)((?:[^\[\]']|'.)+)\]")
_TO_QUOTE = re.compile(r"[\[\]#'@]")
_MOST_COLUMNS = 16_384
_INDEX = re.compile("[0-9]{1,9}")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]+)")


@dataclass(frozen=True, slots=True)
class _Table:
    root: Element
    header: Sequence[Element | None]
    """The cells that name its columns; none where the table shows no names."""


class NamesTaken:
    """Names that are in use, whatever their capitals."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._numbers: dict[str, int] = {}

    def add(self, name: str) -> None:
        """It is in use now."""
        self._names.add(name.casefold())

    def free(self, name: str) -> str:
        """The name, or if it is in use with a number behind it, from 2."""
        key, one = name.casefold(), name
        number = self._numbers.get(key, 2)
        while one.casefold() in self._names:
            one, number = f"{name}{number}", number + 1
        self._numbers[key] = number
        return one


class TableNames:
    """The tables of a workbook, to be told when its cells have their translations.

    Args:
        file: the workbook.
        strings: the texts that its cells share, in order.
        sheets: those with more than figures in them, by their parts' names.
    """

    def __init__(
        self, file: OfficeFile, strings: Sequence[Element], sheets: Sequence[tuple[str, Element]]
    ) -> None:
        self._strings = strings
        self._formulas = [formula for _, root in sheets for formula in root.iter(f"{_S}f")]
        self._tables = [table for name, root in sheets for table in _tables_of(file, name, root)]

    def follow(self) -> None:
        """Give the columns the names that their cells have now."""
        renamed: dict[str, str] = {}
        for table in self._tables:
            taken = NamesTaken()
            columns = table.root.iterfind(f".//{_S}tableColumn")
            for column, cell in zip(columns, table.header, strict=False):
                before = column.get("name", "")
                name = before if cell is None else self._text_of(cell)
                if cell is not None and (new := taken.free(name)) != name:
                    name = new
                    _set_text(cell, name)
                taken.add(name)
                column.set("name", name)
                renamed[before] = name
        inner = (f"{_S}calculatedColumnFormula", f"{_S}totalsRowFormula")
        formulas = [formula for table in self._tables for formula in table.root.iter(*inner)]
        for formula in [*self._formulas, *formulas] if renamed else []:
            formula.text = _with_columns(formula.text or "", renamed)

    def _text_of(self, cell: Element) -> str:
        if cell.get("t") == "s":
            number = cell.findtext(f"{_S}v") or ""
            is_there = _INDEX.fullmatch(number) is not None and int(number) < len(self._strings)
            return text_of(self._strings[int(number)]) if is_there else ""
        inline = cell.find(f"{_S}is")
        return unescaped(cell.findtext(f"{_S}v") or "") if inline is None else text_of(inline)


def text_of(item: Element) -> str:
    """What a cell says, in all its formats."""
    own = [item] if item.tag == f"{_S}v" else []
    texts = [*own, *item.iterfind(f"{_S}t"), *item.iterfind(f"{_S}r/{_S}t")]
    return "".join(unescaped(text.text or "") for text in texts)


def _tables_of(file: OfficeFile, name: str, sheet: Element) -> Iterator[_Table]:
    for _, part in related(file.package, name):
        if file.types.get(part, "").endswith("spreadsheetml.table+xml"):
            root = file.tree(part)
            yield _Table(root, list(_header(sheet, root)))


def _header(sheet: Element, table: Element) -> Iterator[Element | None]:
    first, _, last = table.get("ref", "").partition(":")
    start, end = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last or first)
    if start is None or end is None or table.get("headerRowCount") == "0":
        return
    if _number(end[1]) > _MOST_COLUMNS:
        return
    row = sheet.find(f"{_S}sheetData/{_S}row[@r='{start[2]}']")
    cells = {} if row is None else {cell.get("r"): cell for cell in row.iterfind(f"{_S}c")}
    for number in range(_number(start[1]), _number(end[1]) + 1):
        yield cells.get(f"{column_letters(number)}{start[2]}")


def _number(letters: str) -> int:
    """Of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def _set_text(cell: Element, text: str) -> None:
    """In the cell itself: a text that others share is not touched."""
    for child in list(cell):
        cell.remove(child)
    cell.set("t", "inlineStr")
    etree.SubElement(etree.SubElement(cell, f"{_S}is"), f"{_S}t").text = escaped(text)


def _with_columns(formula: str, renamed: Mapping[str, str]) -> str:
    """A formula whose references to a table's columns, `Table[Column]`, have these names."""

    def name(match: re.Match[str]) -> str:
        old = re.sub(r"'(.)", r"\1", match[2])
        new = renamed.get(old)
        return match[0] if new is None else f"[{match[1]}{re.sub(_TO_QUOTE, _quoted, new)}]"

    return _COLUMN.sub(name, formula) if "[" in formula else formula


def _quoted(match: re.Match[str]) -> str:
    return f"'{match[0]}"
