"""Content controls of Word that show what is stored elsewhere in the file: a title, a client, a date.

Word fills such a control with what is stored whenever it opens the file. So what is stored has to become what
the control says in the translation, or that is gone with the first look at it. The title and the subject are
shown by fields, too, which Word makes anew when it prints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from lxml.etree import _Element as Element

from crosslate.service.documents.formats.common.units import Leaf
from crosslate.service.documents.formats.ooxml.office_file import OfficeFile, related

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CORE = "core-properties+xml"
_KNOWN_STORES = {
    "{6C3C8BC8-F283-45AE-878A-BAB7291924A1}": _CORE,
    "{6668398D-A668-4E3E-A5EB-62B293D839F1}": "extended-properties+xml",
}
"""The properties of a document, which Word knows by ids of its own."""
_STEP = re.compile(r"/(?:([\w.-]+):)?([\w.-]+)(?:\[([1-9][0-9]{0,8})\])?")
_PREFIX = re.compile(r"xmlns:([\w.-]+)=(?:'([^']*)'|\"([^\"]*)\")")
_NO_TEXT = frozenset(f"{_W}{name}" for name in ("date", "picture", "dropDownList", "comboBox"))
"""Controls that show something else than what is stored for them."""
_FIELDS = {"TITLE": "title", "SUBJECT": "subject", "KEYWORDS": "keywords", "COMMENTS": "description"}


class Bindings:
    """Those of a document, to be told when its paragraphs have their translations."""

    def __init__(self, file: OfficeFile, roots: Sequence[Element]) -> None:
        self._pairs = list(_pairs(file, roots))
        bound = {id(stored) for _, stored in self._pairs}
        shown = set(_shown_by_fields(roots))
        for _, root in file.parts(_CORE):
            for stored in root.iterfind("*"):
                if id(stored) not in bound and str(stored.tag).rpartition("}")[2] in shown:
                    file.units.append(Leaf(stored, "the document's properties"))

    def follow(self) -> None:
        """Store what the controls say now."""
        for control, stored in self._pairs:
            text = _text_of(control)
            if text:
                stored.text = text


def _pairs(file: OfficeFile, roots: Sequence[Element]) -> Iterator[tuple[Element, Element]]:
    """The controls whose text is stored, and where."""
    store_of: Callable[[str], Element | None] = cache(_Stores(file).find)
    children = cache(_by_tag)
    for root in roots:
        for control in root.iter(f"{_W}sdt"):
            binding = control.find(f"{_W}sdtPr/{_W}dataBinding")
            if binding is None or any(one.tag in _NO_TEXT for one in control.find(f"{_W}sdtPr")):
                continue
            store = store_of(binding.get(f"{_W}storeItemID", ""))
            prefixes = {
                name: one or other
                for name, one, other in _PREFIX.findall(binding.get(f"{_W}prefixMappings", ""))
            }
            path = binding.get(f"{_W}xpath", "")
            stored = None if store is None else _at(store, path, prefixes, children)
            # What the control does not show as it is stored is filled in by somebody else.
            if stored is not None and len(stored) == 0 and (stored.text or "") == _text_of(control):
                yield control, stored


class _Stores:
    """The parts of a file that controls may show, by their ids."""

    def __init__(self, file: OfficeFile) -> None:
        self._file = file
        self._names: dict[str, str] | None = None

    def find(self, number: str) -> Element | None:
        """None where there is none."""
        if (kind := _KNOWN_STORES.get(number.upper())) is not None:
            return next((root for _, root in self._file.parts(kind)), None)
        if self._names is None:
            self._names = dict(self._items())
        name = self._names.get(number.upper())
        return None if name is None else self._file.tree(name)

    def _items(self) -> Iterator[tuple[str, str]]:
        package = self._file.package
        for name in package.names:
            if not name.startswith("customXml/item") or not name.endswith(".xml"):
                continue
            for _, target in related(package, name):
                if package.has(target):
                    root = package.tree(target)
                    number = next((v for k, v in root.attrib.items() if str(k).endswith("itemID")), "")
                    yield str(number).upper(), name


def _by_tag(parent: Element) -> dict[str, list[Element]]:
    """Its children."""
    found: dict[str, list[Element]] = {}
    for child in parent.iterfind("*"):
        found.setdefault(str(child.tag), []).append(child)
    return found


def _at(
    root: Element,
    path: str,
    prefixes: dict[str, str],
    children: Callable[[Element], dict[str, list[Element]]],
) -> Element | None:
    """The element at a path of names and places, which is what Word writes; nothing else is looked for."""
    steps = list(_STEP.finditer(path))
    if not steps or "".join(step[0] for step in steps) != path:
        return None
    there = {str(root.tag): [root]}
    found: Element | None = None
    for step in steps:
        tag = f"{{{prefixes.get(step[1], '')}}}{step[2]}" if step[1] else step[2]
        there = there if found is None else children(found)
        found = next(iter(there.get(tag, [])[int(step[3] or 1) - 1 :][:1]), None)
        if found is None:
            return None
    return found


def _text_of(control: Element) -> str:
    content = control.find(f"{_W}sdtContent")
    return "" if content is None else "".join(text.text or "" for text in content.iter(f"{_W}t"))


def _shown_by_fields(roots: Sequence[Element]) -> Iterator[str]:
    """The properties that fields show."""
    codes = [(code.text or "").split() for root in roots for code in root.iter(f"{_W}instrText")]
    codes += [str(one.get(f"{_W}instr", "")).split() for root in roots for one in root.iter(f"{_W}fldSimple")]
    yield from (_FIELDS[name] for code in codes if code and (name := code[0].upper()) in _FIELDS)
