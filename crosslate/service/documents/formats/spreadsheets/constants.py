"""Texts that stand in a workbook's formulas, rules of format, filters and lists of choices.

What asks whether a cell says "Open" has to ask for what the cell says now. So a constant that is a cell's
text becomes what that text became, and so does one that is shown by a formula somewhere, which is translated
as a cell is. Any other may be a sheet's name or half a word, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from lxml.etree import _Element as Element

from crosslate.service.documents.document import Segment, has_words
from crosslate.service.documents.formats.common.units import Unit
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
from crosslate.service.documents.formats.ooxml.content_types import WORKBOOKS
from crosslate.service.documents.formats.ooxml.office_file import OfficeFile
from crosslate.service.documents.formats.spreadsheets.places import Places
from crosslate.service.documents.formats.spreadsheets.tables import text_of

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_FORMULAS = (
    *(f"{_S}{name}" for name in ("f", "formula", "formula1", "formula2", "definedName")),
    *(f"{_S}{name}" for name in ("calculatedColumnFormula", "totalsRowFormula")),
    "{http://schemas.microsoft.com/office/excel/2006/main}f",
)
_COMPARED = (
    (f"{_S}filter", "val"),
    (f"{_S}customFilter", "val"),
    (f"{_S}cfRule", "text"),
    (f"{_S}tableColumn", "totalsRowLabel"),
)
"""Attributes that say what a cell should."""
_MOST_CHARACTERS = 255
"""Of a list of choices, and of a text in a formula: Excel repairs a file with a longer one."""
_MOST_PLACES = 5
_TOO_LONG = "A list of choices is as it was: the translation is longer than Excel takes."
_TEXT_TOO_LONG = "A text in a formula is as it was: the translation is longer than Excel takes."
_LIST = re.compile(r'\s*"((?:[^"]|"")*)"\s*')


class TextConstants:
    """Those of a workbook, to be told when its cells have their translations.

    Args:
        file: the workbook.
        texts: its cells' texts: shared ones, and those that stand in cells.
        sheets: those with more than figures in them, by their parts' names.
        places: of cells.
    """

    def __init__(
        self,
        file: OfficeFile,
        texts: Sequence[Element],
        sheets: Sequence[tuple[str, Element]],
        places: Places,
    ) -> None:
        self._texts = [(text_of(text), text) for text in texts]
        self._notices = file.notices
        others = file.parts("spreadsheetml.table+xml", *WORKBOOKS)
        roots = [root for _, root in [*sheets, *others]]
        self._formulas = [formula for root in roots for formula in root.iter(*_FORMULAS)]
        self._compared = [(one, name) for root in roots for tag, name in _COMPARED for one in root.iter(tag)]
        said = {before.casefold() for before, _ in self._texts}
        self._results = [value for root in roots for value in _text_results(root)]
        lists = [
            (places.sheets.get(name, name), one)
            for name, root in sheets
            for one in root.iter(f"{_S}formula1")
        ]
        self._choices = [Choices(one, said, name) for name, one in lists if _is_list(one)]
        self._shown = _shown(sheets, said, places)
        self.units: list[Unit] = [*self._choices, *self._shown]
        """What is to be translated of them."""
        chosen = {one for choices in self._choices for one in choices.own}
        file.notices += _left(self._formulas, said | chosen | {one.text.casefold() for one in self._shown})

    def follow(self) -> None:
        """Give the constants the texts that the cells have now."""
        renamed: dict[str, str] = {}
        for before, text in self._texts:
            renamed.setdefault(before.casefold(), text_of(text))
        for choices in self._choices:
            if not choices.follow(renamed):
                self._tell(_TOO_LONG)
        for shown in self._shown:
            if len(shown.translation) <= _MOST_CHARACTERS:
                renamed.setdefault(shown.text.casefold(), shown.translation)
            else:
                self._tell(_TEXT_TOO_LONG)
        for formula in self._formulas:
            formula.text = replaced(formula.text or "", lambda one: new_text(one, renamed))
        self._follow_results(renamed)
        for element, name in self._compared:
            element.set(name, renamed_condition(element.get(name, ""), renamed) or element.get(name, ""))

    def _follow_results(self, renamed: Mapping[str, str]) -> None:
        """Of a result that is made of several texts, which only a program can make anew, nothing is said."""
        words = {word for before, new in renamed.items() if new != before for word in words_of(before)}
        for value in self._results:
            result = (value.text or "").casefold()
            if result in renamed:
                value.text = renamed[result]
            elif not words.isdisjoint(words_of(result)) and (cell := value.getparent()) is not None:
                cell.remove(value)

    def _tell(self, notice: str) -> None:
        if notice not in self._notices:
            self._notices.append(notice)


class Choices:
    """The choices that a cell has, as a list in a rule: `"Open,Closed"`.

    Args:
        element: the rule's formula.
        said: what cells say, in small letters; such choices become what the cells become.
        place: for people.
    """

    def __init__(self, element: Element, said: set[str], place: str) -> None:
        self._element = element
        self._before = (element.text or "").strip()[1:-1].replace('""', '"').split(",")
        own = [one.strip() for one in self._before]
        self._own = [one for one in dict.fromkeys(own) if has_words(one) and one.casefold() not in said]
        self.own = {one.casefold() for one in self._own}
        """Those that no cell says, in small letters."""
        self._translated: dict[str, str] = {}
        self.segments = [Segment(one, "text", place) for one in self._own]

    def put(self, translations: Sequence[str]) -> None:
        """Take the translations of those that no cell says."""
        self._translated = {
            # A comma would make two of one.
            one.casefold(): text
            for one, text in zip(self._own, translations, strict=True)
            if "," not in text
        }

    def follow(self, renamed: dict[str, str]) -> bool:
        """Write the list, and add to what is renamed what it renames; False if it is too long so."""
        known = {**renamed, **self._translated}
        texts = [known.get(one.strip().casefold(), one) for one in self._before]
        listed = ",".join(texts)
        if len(listed) > _MOST_CHARACTERS or listed.count(",") != len(self._before) - 1:
            return False
        for one, text in self._translated.items():
            renamed.setdefault(one, text)
        self._element.text = f'"{_doubled(listed)}"'
        return True


def _text_results(sheet: Element) -> Iterator[Element]:
    """What formulas came to when the file was saved, which is shown until they are computed again."""
    for cell in sheet.iter(f"{_S}c"):
        if cell.get("t") == "str" and cell.find(f"{_S}f") is not None:
            yield from cell.iterfind(f"{_S}v")


def _shown(sheets: Sequence[tuple[str, Element]], said: set[str], places: Places) -> list[Shown]:
    """What formulas of cells show and no cell says, each text once."""
    found: dict[str, Shown] = {}
    for name, root in sheets:
        for cell, formula in _formulas_of_cells(root.iter(f"{_S}f")):
            for one in constants_of(formula):
                key = one.text.casefold()
                if one.role is Role.SHOWN and key not in said and is_worded(one.text):
                    found.setdefault(key, Shown(one.text, places.cell(name, cell)))
    return list(found.values())


def _formulas_of_cells(formulas: Iterable[Element]) -> Iterator[tuple[str, str]]:
    for formula in formulas:
        cell = formula.getparent()
        if cell is not None and cell.tag == f"{_S}c" and '"' in (formula.text or ""):
            yield cell.get("r", ""), formula.text or ""


def _left(formulas: Sequence[Element], known: set[str]) -> list[str]:
    """That texts in formulas stay, if any has words of its own."""
    places = [
        cell
        for cell, formula in _formulas_of_cells(formulas)
        if any(
            one.role is Role.COMPARED and WORD.search(one.text) and compared_with(one.text) not in known
            for one in constants_of(formula)
        )
    ]
    if not places:
        return []
    more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
    return [
        "Texts that formulas look for, but no cell says, are as they were "
        f"({', '.join(places[:_MOST_PLACES])}{more})."
    ]


def _is_list(formula: Element) -> bool:
    parent = formula.getparent()
    is_list = parent is not None and parent.get("type") == "list"
    return is_list and _LIST.fullmatch(formula.text or "") is not None


def _doubled(text: str) -> str:
    return text.replace('"', '""')
