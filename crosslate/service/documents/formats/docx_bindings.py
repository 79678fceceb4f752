"""Content controls of Word that show what is stored elsewhere in the file: a title, a client, a date.

Word fills such a control with what is stored whenever it opens the file. So what is stored has to become what
the control says in the translation, or that is gone with the first look at it. The title and the subject are
shown by fields, too, which Word makes anew when it prints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from lxml.etree import _Element as Element

from crosslate.service.documents.formats.office import OfficeFile, related
from crosslate.service.documents.formats.units import Leaf

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_CORE = "core-properties+xml"
_KNOWN_STORES = {
    "{6C3C8BC8-F283-45AE-878A-BAB7291924A1}": _CORE,
    "{6668398D-A668-4E3E-A5EB-62B293D839F1}": "extended-properties+xml",
}
"""The properties of a document, which Word knows by ids of its own."""
_STEP = re.compile(r"/(?:([\w.-]+):)?([\w.-]+)(?:\[(\d+)\])?")
_PREFIX = re.compile(r"xmlns:([\w.-]+)=(?:'([^']*)'|\"([^\"]*)\")")
_NO_TEXT = frozenset(f"{_W}{name}" for name in ("date", "picture", "dropDownList", "comboBox"))
"""Controls that show something else than what is stored for them."""
_FIELDS = {"TITLE": "title", "SUBJECT": "subject", "KEYWORDS": "keywords", "COMMENTS": "description"}


class Bindings:
    """Those of a document, to be told when its paragraphs have their translations."""

    def __init__(self, file: OfficeFile, roots: Sequence[Element]) -> None:
        self._pairs = list(_pairs(file, roots))
        bound = {id(stored) for _, stored in self._pairs}
        for _, root in file.parts(_CORE):
            for stored in root:
                if id(stored) not in bound and isinstance(stored.tag, str) and _is_in_field(stored, roots):
                    file.units.append(Leaf(stored, "the document's properties"))

    def follow(self) -> None:
        """Store what the controls say now."""
        for control, stored in self._pairs:
            text = _text_of(control)
            if text:
                stored.text = text


def _pairs(file: OfficeFile, roots: Sequence[Element]) -> Iterator[tuple[Element, Element]]:
    """The controls whose text is stored, and where."""
    store_of: Callable[[str], Element | None] = _Stores(file).find
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
            stored = None if store is None else _at(store, binding.get(f"{_W}xpath", ""), prefixes)
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


def _at(root: Element, path: str, prefixes: dict[str, str]) -> Element | None:
    """The element at a path of names and places, which is what Word writes; nothing else is looked for."""
    steps = list(_STEP.finditer(path))
    if not steps or "".join(step[0] for step in steps) != path:
        return None
    found: Sequence[Element] = [root]
    for step in steps:
        tag = f"{{{prefixes.get(step[1], '')}}}{step[2]}" if step[1] else step[2]
        found = [one for one in found if one.tag == tag][int(step[3] or 1) - 1 :][:1]
        if not found:
            return None
        if step is not steps[-1]:
            found = list(found[0])
    return found[0]


def _text_of(control: Element) -> str:
    content = control.find(f"{_W}sdtContent")
    return "" if content is None else "".join(text.text or "" for text in content.iter(f"{_W}t"))


def _is_in_field(stored: Element, roots: Sequence[Element]) -> bool:
    """Whether a field shows a property."""
    name = str(stored.tag).rpartition("}")[2]
    codes = [(code.text or "").split() for root in roots for code in root.iter(f"{_W}instrText")]
    codes += [str(one.get(f"{_W}instr", "")).split() for root in roots for one in root.iter(f"{_W}fldSimple")]
    return any(code and _FIELDS.get(code[0].upper()) == name for code in codes)
