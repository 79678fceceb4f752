"""Pivot tables of workbooks, and what filters them: they know columns and entries by the cells' texts.

A pivot table has a copy of what its source says. Where the two differ, the next refresh finds no column by
the old name, and takes the field out of the table. So the copy says what the cells say now, and is made anew
as the file is opened.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape, unescape

from lxml.etree import _Element as Element

from crosslate.service.documents.document import has_words
from crosslate.service.documents.formats.common.units import Attribute, Unit
from crosslate.service.documents.formats.ooxml.office_file import OfficeFile, related
from crosslate.service.documents.formats.spreadsheets.strings import escaped, unescaped
from crosslate.service.documents.formats.spreadsheets.tables import NamesTaken, text_of

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_CACHE = "spreadsheetml.pivotCacheDefinition+xml"
_RECORDS = "spreadsheetml.pivotCacheRecords+xml"
_CAPTIONS = {
    "spreadsheetml.pivotTable+xml": (
        (f"{_S}pivotTableDefinition", "dataCaption"),
        (f"{_S}pivotTableDefinition", "grandTotalCaption"),
        (f"{_S}pivotTableDefinition", "rowHeaderCaption"),
        (f"{_S}pivotTableDefinition", "colHeaderCaption"),
        (f"{_S}dataField", "name"),
        (f"{_S}pivotField", "name"),
        (f"{_S}pivotField", "subtotalCaption"),
        (f"{_S}item", "n"),
    ),
    "ms-excel.slicer+xml": (("{*}slicer", "caption"),),
    "ms-excel.timeline+xml": (("{*}timeline", "caption"),),
}
"""What is shown of them, by the kind of part."""
_SOURCES = ("ms-excel.slicerCache+xml", "ms-excel.timelineCache+xml")
_RECORD = re.compile(r'(<(?:\w+:)?s\b[^<>]*?\bv=")([^"]*)(")')
_FIELD = re.compile(r"'(?:[^']|'')*'|[^\W\d][\w.]*")
_PLAIN = re.compile(r"[^\W\d][\w.]*")
_ENTITIES = {"&quot;": '"', "&apos;": "'", "&#10;": "\n", "&#13;": "\r", "&#9;": "\t"}
_FOREIGN = (
    "Pivot tables over data from elsewhere have its names and entries: they show them as they were once they "
    "are refreshed."
)


class PivotTables:
    """Those of a workbook, to be told when its cells have their translations.

    Args:
        file: the workbook.
        texts: of its cells.
    """

    def __init__(self, file: OfficeFile, texts: Sequence[Element]) -> None:
        self._file = file
        caches = list(file.parts(_CACHE))
        self._caches = [one for one in caches if _is_of_cells(one[1])]
        self._texts = [(text_of(text), text) for text in texts] if caches else []
        if len(self._caches) < len(caches):
            file.notices.append(_FOREIGN)
        is_said = {before for before, _ in self._texts}.__contains__ if self._caches else None
        self._captions = list(_captions(file)) if self._caches else []
        self.units: list[Unit] = [
            Attribute(element, name, "pivot table")
            for element, name in self._captions
            if is_said is not None and not is_said(unescaped(element.get(name, "")))
        ]
        """What they show, and no cell says."""

    def follow(self) -> None:
        """Say what the cells say now."""
        new: dict[str, str] = {}
        for before, text in self._texts:
            new.setdefault(before, text_of(text))
        fields: dict[str, str] = {}
        for name, root in self._caches:
            fields |= _rename(root, new)
            root.set("refreshOnLoad", "1")
            self._rename_records(name, new)
        for element, name in self._captions:
            _set(element, name, new)
        for _, root in self._file.parts(*_SOURCES) if fields else ():
            _set(root, "sourceName", fields)

    def _rename_records(self, cache: str, new: Mapping[str, str]) -> None:
        """Entries that stand in the rows themselves; as a tree these could take any amount of memory."""
        package = self._file.package
        kinds = ((name, self._file.types.get(name, "")) for _, name in related(package, cache))
        records = [name for name, kind in kinds if kind.endswith(_RECORDS) and package.has(name)]

        def entry(match: re.Match[str]) -> str:
            before = unescaped(unescape(match[2], _ENTITIES))
            after = escape(escaped(new.get(before, before)), {'"': "&quot;", "\n": "&#10;"})
            return f"{match[1]}{after}{match[3]}"

        for name in records:
            with contextlib.suppress(UnicodeDecodeError):  # they are made anew anyway
                self._file.changed[name] = _RECORD.sub(entry, package.read(name).decode()).encode()


def _captions(file: OfficeFile) -> Iterator[tuple[Element, str]]:
    for kind, captions in _CAPTIONS.items():
        for _, root in file.parts(kind):
            for tag, name in captions:
                yield from ((one, name) for one in root.iter(tag) if has_words(one.get(name, "")))


def _is_of_cells(cache: Element) -> bool:
    source = cache.find(f"{_S}cacheSource/{_S}worksheetSource")
    return source is not None and not any(str(name).endswith("}id") for name in source.attrib)


def _rename(cache: Element, new: Mapping[str, str]) -> dict[str, str]:
    """Its fields and their entries; the fields' old names with the new ones."""
    elements = list(cache.iterfind(f"{_S}cacheFields/{_S}cacheField"))
    before = [unescaped(one.get("name", "")) for one in elements]
    names = dict(zip(before, _apart(before, new), strict=True))
    for element, name in zip(elements, before, strict=True):
        element.set("name", escaped(names[name]))
        _set(element, "caption", new)
        for entries in element.iterfind(f"{_S}sharedItems"):
            texts = list(entries.iterfind(f"{_S}s"))
            old = [unescaped(text.get("v", "")) for text in texts]
            for text, entry in zip(texts, _apart(old, new), strict=True):
                text.set("v", escaped(entry))
    for one in cache.iter(f"{_S}cacheField", f"{_S}calculatedItem"):
        if (formula := one.get("formula")) is not None:
            one.set("formula", _FIELD.sub(_in_formula({**new, **names}), formula))
    return names


def _apart(texts: Sequence[str], new: Mapping[str, str]) -> Iterator[str]:
    """The new texts; of two that became the same, which a pivot table must not have, one gets a number."""
    taken = NamesTaken()
    for text in texts:
        one = taken.free(new.get(text, text))
        taken.add(one)
        yield one


def _in_formula(new: Mapping[str, str]) -> Callable[[re.Match[str]], str]:
    def name(match: re.Match[str]) -> str:
        old = match[0][1:-1].replace("''", "'") if match[0].startswith("'") else match[0]
        if (text := new.get(old)) is None or text == old:
            return match[0]
        quoted = text.replace("'", "''")
        return text if _PLAIN.fullmatch(text) else f"'{quoted}'"

    return name


def _set(element: Element, name: str, new: Mapping[str, str]) -> None:
    text = new.get(unescaped(element.get(name, "")))
    if text is not None:
        element.set(name, escaped(text))
