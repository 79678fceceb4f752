"""Sheets of OpenDocument: cells, and what formulas, rules and filters know of what cells say.

What asks whether a cell says "Open" asks in the translation for what that cell says now, as in workbooks of
Excel (`crosslate.service.documents.formats.spreadsheets.constants`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from lxml.etree import _Element as Element

from crosslate.service.documents.document import DELETIONS_STAY, has_words
from crosslate.service.documents.formats.common.units import Attribute, Leaf, Unit
from crosslate.service.documents.formats.formulas.columns import column_letters
from crosslate.service.documents.formats.formulas.constants import Role, constants_of, replaced
from crosslate.service.documents.formats.formulas.texts import (
    WORD,
    Shown,
    compared_with,
    is_worded,
    new_text,
    renamed_condition,
    words_of,
)

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_NUMBER = "{urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_FORMULA, _KIND, _VALUE = f"{_TABLE}formula", f"{_OFFICE}value-type", f"{_OFFICE}string-value"
_CHANGES = f"{_TABLE}tracked-changes"
_CHOICES = (f"{_TABLE}content-validation", f"{_TABLE}condition")
_FORMULAS = (
    *((cell, _FORMULA) for cell in _CELLS),
    _CHOICES,
    (f"{_TABLE}named-expression", f"{_TABLE}expression"),
    (f"{_STYLE}map", f"{_STYLE}condition"),
    (f"{_CALC}condition", f"{_CALC}value"),
)
_NAMES = (
    (f"{_TABLE}filter-condition", f"{_TABLE}value"),
    (f"{_TABLE}filter-set-item", f"{_TABLE}value"),
    (f"{_TABLE}data-pilot-table", f"{_TABLE}selected-page"),
    (f"{_TABLE}data-pilot-field", f"{_TABLE}source-field-name"),
    (f"{_TABLE}data-pilot-field", f"{_TABLE}selected-page"),
    (f"{_TABLE}data-pilot-member", f"{_TABLE}name"),
    (f"{_TABLE}data-pilot-group-member", f"{_TABLE}name"),
)
"""What filters and pivot tables know columns and entries by."""
_SHEETS_STAY = "The names of sheets are as they were, since formulas and links have them."
_LOOKED_FOR = "Texts that formulas look for, but no cell says, are as they were ({})."
_MOST_PLACES = 5
_DEFAULT_NAME = re.compile(r"\w+ ?\d+|Sheet")
_PREFIX = re.compile(r"(?:[\w.-]+:)?=")
"""Of a cell's formula: the name of its grammar."""
_COUNT = re.compile("[0-9]{1,9}")


class Sheets:
    """Those of a spreadsheet, to be told when its cells have their translations.

    Args:
        roots: of the parts of the spreadsheet itself: its content and its styles.
    """

    def __init__(self, roots: Sequence[Element]) -> None:
        self._roots = roots
        self._cells = [cell for root in roots for cell in root.iter(*_CELLS) if _is_text(cell)]
        self._before = [_said_by(cell) for cell in self._cells]
        self._formulas = [(one, name) for tag, name in _FORMULAS for one in self._all(tag, name)]
        said = {text.casefold() for text in self._before}
        self._shown = list(_shown(self._formulas, said))
        self.units: list[Unit] = [
            *self._shown,
            *(Attribute(one, f"{_TABLE}title", "beside a cell") for one in self._messages()),
            *(Leaf(one, "a format") for one in self._words_of_formats()),
        ]
        """What is to be translated besides the paragraphs."""
        known = said | {one.text.casefold() for one in self._shown}
        self.notices = [*self._deletions(), *self._names(), *_looked_for(self._formulas, known)]

    def follow(self) -> None:
        """Give formulas, rules and filters the texts that the cells have now."""
        renamed: dict[str, str] = {}
        for before, cell in zip(self._before, self._cells, strict=True):
            renamed.setdefault(before.casefold(), new := _said_by(cell))
            if _VALUE in cell.attrib:
                cell.set(_VALUE, new)
        for shown in self._shown:
            renamed.setdefault(shown.text.casefold(), shown.translation)
        for element, name in self._formulas:
            prefix, code = _parted(element, name)
            element.set(name, prefix + replaced(code, lambda one: new_text(one, renamed)))
        for tag, name in _NAMES:
            for one in self._all(tag, name):
                one.set(name, renamed_condition(one.get(name, ""), renamed) or one.get(name, ""))
        self._follow_results(renamed)

    def _follow_results(self, renamed: Mapping[str, str]) -> None:
        """What formulas came to; LibreOffice shows it until it is asked to compute."""
        words = {word for before, new in renamed.items() if new != before for word in words_of(before)}
        for cell, name in self._formulas:
            if name != _FORMULA or cell.get(_KIND) != "string":
                continue
            result = _said_by(cell).casefold()
            if result in renamed:
                _say(cell, renamed[result])
            elif not words.isdisjoint(words_of(result)):
                _say(cell, None)

    def _all(self, tag: str, name: str) -> Iterator[Element]:
        return (one for root in self._roots for one in root.iter(tag) if name in one.attrib)

    def _messages(self) -> Iterator[Element]:
        for root in self._roots:
            yield from root.iter(f"{_TABLE}help-message", f"{_TABLE}error-message")

    def _words_of_formats(self) -> Iterator[Element]:
        for root in self._roots:
            yield from (one for one in root.iter(f"{_NUMBER}text") if WORD.search(one.text or ""))

    def _deletions(self) -> Iterator[str]:
        if any(next(root.iter(_CHANGES), None) is not None for root in self._roots):
            yield DELETIONS_STAY

    def _names(self) -> Iterator[str]:
        names = [one.get(f"{_TABLE}name", "") for one in self._all(f"{_TABLE}table", f"{_TABLE}name")]
        if any(has_words(name) and not _DEFAULT_NAME.fullmatch(name) for name in names):
            yield _SHEETS_STAY


def is_read(paragraph: Element) -> bool:
    """Whether somebody wrote a paragraph of a sheet: it shows no value, and is nothing that was deleted."""
    parent = paragraph.getparent()
    if next(paragraph.iterancestors(_CHANGES), None) is not None:
        return False
    return parent is None or parent.tag not in _CELLS or _is_text(parent)


def _is_text(cell: Element) -> bool:
    return cell.get(_KIND, "string") == "string" and _FORMULA not in cell.attrib


def _said_by(cell: Element) -> str:
    return "\n".join("".join(paragraph.itertext()) for paragraph in cell.iterfind(f"{_TEXT}p"))


def _say(cell: Element, text: str | None) -> None:
    """Have a cell show this, or nothing until it is computed."""
    paragraphs = cell.findall(f"{_TEXT}p")
    if text is None:
        for name in (_VALUE, _KIND, f"{_CALC}value-type"):
            cell.attrib.pop(name, None)
    elif _VALUE in cell.attrib:
        cell.set(_VALUE, text)
    for number, paragraph in enumerate(paragraphs):
        paragraph[:] = []
        paragraph.text = text if text is not None and number == 0 else None
    for paragraph in paragraphs[0 if text is None else 1 :]:
        cell.remove(paragraph)


def _parted(element: Element, name: str) -> tuple[str, str]:
    """A formula's prefix, which says nothing of what it compares, and the formula."""
    code = element.get(name, "")
    prefix = _PREFIX.match(code) if name == _FORMULA else None
    return (prefix[0], code[prefix.end() :]) if prefix else ("", code)


def _shown(formulas: Sequence[tuple[Element, str]], said: set[str]) -> Iterator[Shown]:
    """What formulas show or lists offer, and no cell says, each text once."""
    found: set[str] = set()
    for element, name in formulas:
        is_list = element.tag == _CHOICES[0] and "is-in-list" in element.get(name, "")
        is_cell = element.tag in _CELLS
        for one in constants_of(_parted(element, name)[1]) if is_list or is_cell else ():
            is_chosen = is_list and has_words(one.text)
            is_shown = is_cell and one.role is Role.SHOWN and is_worded(one.text)
            if (is_chosen or is_shown) and (key := one.text.casefold()) not in said | found:
                found.add(key)
                yield Shown(one.text, "a list of choices" if is_list else "a formula")


def _looked_for(formulas: Sequence[tuple[Element, str]], known: set[str]) -> Iterator[str]:
    """That texts in formulas stay, if any has words of its own."""
    left = [
        element
        for element, name in formulas
        if name == _FORMULA
        and any(
            one.role is Role.COMPARED and WORD.search(one.text) and compared_with(one.text) not in known
            for one in constants_of(_parted(element, name)[1])
        )
    ]
    if left:
        more = f" and {len(left) - _MOST_PLACES} more" if len(left) > _MOST_PLACES else ""
        yield _LOOKED_FOR.format(", ".join(map(_place_of, left[:_MOST_PLACES])) + more)


def _place_of(cell: Element) -> str:
    """Such as `Orders.B3`."""
    row = cell.getparent()
    table = next(cell.iterancestors(f"{_TABLE}table"), None)
    if row is None or table is None:
        return "a cell"
    column = _number_of(row.iter(*_CELLS), cell, f"{_TABLE}number-columns-repeated")
    line = _number_of(table.iter(row.tag), row, f"{_TABLE}number-rows-repeated")
    return f"{table.get(f'{_TABLE}name', '')}.{column_letters(column)}{line}"


def _number_of(elements: Iterator[Element], wanted: Element, repeated: str) -> int:
    """The place of one among others, of which each may stand for several."""
    number = 1
    for element in elements:
        if element is wanted:
            break
        count = element.get(repeated, "1")
        number += int(count) if _COUNT.fullmatch(count) else 1
    return number
