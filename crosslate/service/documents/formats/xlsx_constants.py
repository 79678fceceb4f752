"""Texts that a workbook compares cells with: in formulas, rules of format, filters and lists of choices.

What asks whether a cell says "Open" has to ask for what the cell says now. So a constant that is a cell's
text becomes what that text became; any other may be a format, a sheet's name or half a word, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from lxml.etree import _Element as Element

from crosslate.service.documents.document import Segment, has_words
from crosslate.service.documents.formats.office import OfficeFile
from crosslate.service.documents.formats.xlsx_tables import text_of

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_FORMULAS = (
    *(f"{_S}{name}" for name in ("f", "formula", "formula1", "formula2", "definedName")),
    "{http://schemas.microsoft.com/office/excel/2006/main}f",
)
_COMPARED = (
    (f"{_S}filter", "val"),
    (f"{_S}customFilter", "val"),
    (f"{_S}cfRule", "text"),
    (f"{_S}tableColumn", "totalsRowLabel"),
)
"""Attributes that say what a cell should."""
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"((?:[^"]|"")*)\"""")
"""The name of a sheet, or a constant."""
_FORMAT = re.compile(r"\bTEXT\([^\"()]*,\s*$", re.IGNORECASE)
_MOST_CHARACTERS = 255
"""Of a list of choices: Excel repairs a file with a longer one."""
_WORD = re.compile(r"[^\W\d_]{3}")
_NO_WORDS = re.compile(r"\b(?:TEXT|INDIRECT|CELL|INFO|DATEDIF|HYPERLINK|CONVERT)\(", re.IGNORECASE)
"""Functions that take codes as texts."""
_MOST_PLACES = 5
_TOO_LONG = "A list of choices is as it was: the translation is longer than Excel takes."
_LIST = re.compile(r'\s*"((?:[^"]|"")*)"\s*')


class TextConstants:
    """Those of a workbook, to be told when its cells have their translations.

    Args:
        file: the workbook.
        texts: its cells' texts: shared ones, and those that stand in cells.
        sheets: those with more than figures in them, by their parts' names.
    """

    def __init__(
        self, file: OfficeFile, texts: Sequence[Element], sheets: Sequence[tuple[str, Element]]
    ) -> None:
        self._texts = [(text_of(text), text) for text in texts]
        self._notices = file.notices
        others = file.parts("spreadsheetml.table+xml", "sheet.main+xml")
        roots = [root for _, root in [*sheets, *others]]
        self._formulas = [formula for root in roots for formula in root.iter(*_FORMULAS)]
        self._compared = [(one, name) for root in roots for tag, name in _COMPARED for one in root.iter(tag)]
        said = {before.casefold() for before, _ in self._texts}
        self._results = [value for root in roots for value in _text_results(root)]
        file.notices += _left(self._formulas, said)
        lists = [(name, one) for name, root in sheets for one in root.iter(f"{_S}formula1")]
        self.choices = [Choices(one, said, name) for name, one in lists if _is_list(one)]

    def follow(self) -> None:
        """Give the constants the texts that the cells have now."""
        renamed: dict[str, str] = {}
        for before, text in self._texts:
            renamed.setdefault(before.casefold(), text_of(text))
        for choices in self.choices:
            if not choices.follow(renamed) and _TOO_LONG not in self._notices:
                self._notices.append(_TOO_LONG)
        for formula in self._formulas:
            formula.text = _with_constants(formula.text or "", renamed)
        for value in self._results:
            value.text = renamed.get((value.text or "").casefold(), value.text)
        for element, name in self._compared:
            element.set(name, renamed.get(element.get(name, "").casefold(), element.get(name, "")))


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


def _left(formulas: Sequence[Element], said: set[str]) -> list[str]:
    """That texts in formulas stay, if any has words of its own."""
    places = [
        str(cell.get("r"))
        for formula in formulas
        if (cell := formula.getparent()) is not None
        and cell.tag == f"{_S}c"
        and _has_own_words(formula.text or "", said)
    ]
    if not places:
        return []
    more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
    return [f"Texts in formulas are as they were ({', '.join(places[:_MOST_PLACES])}{more})."]


def _has_own_words(formula: str, said: set[str]) -> bool:
    if '"' not in formula or _NO_WORDS.search(formula):
        return False
    constants = [match[1].replace('""', '"') for match in _QUOTED.finditer(formula) if match[1]]
    return any(_WORD.search(one) and one.casefold() not in said for one in constants)


def _is_list(formula: Element) -> bool:
    parent = formula.getparent()
    is_list = parent is not None and parent.get("type") == "list"
    return is_list and _LIST.fullmatch(formula.text or "") is not None


def _with_constants(formula: str, renamed: Mapping[str, str]) -> str:
    if "INDIRECT(" in formula.upper():  # there a text is an address
        return formula

    def constant(match: re.Match[str]) -> str:
        if match[1] is None or _FORMAT.search(formula[: match.start()]):
            return match[0]
        new = renamed.get(match[1].replace('""', '"').casefold())
        return match[0] if new is None else f'"{_doubled(new)}"'

    return _QUOTED.sub(constant, formula)


def _doubled(text: str) -> str:
    return text.replace('"', '""')
