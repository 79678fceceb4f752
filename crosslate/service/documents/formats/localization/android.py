"""Resources of Android's programs (`strings.xml`): strings, their plurals and lists of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from crosslate.service.documents.document import Document, ReadOptions, unreadable
from crosslate.service.documents.formats.common.raw_markup import RawMarkup
from crosslate.service.documents.formats.common.units import Unit, document_of
from crosslate.service.documents.formats.common.xml_source import XmlNode, XmlSource
from crosslate.service.documents.formats.localization.android_text import (
    is_reference,
    parts_of,
    read_android,
    write_android,
)
from crosslate.service.documents.formats.localization.plural_categories import plural_categories

_KIND = ".xml"
_LOCALE = "{http://schemas.android.com/tools}locale"
_PLURALS = "plurals"
_LISTS = ("string-array", _PLURALS)
_OTHER = "other"


def read_android_resources(data: bytes, options: ReadOptions) -> Document:
    """What may be translated; references, other resources and what `<xliff:g>` is around stay.

    A language's plurals that the file has not are added, as it says `other`.

    Raises:
        ServiceError: 422.
    """
    source = XmlSource(data, _KIND)
    if source.root.tag != "resources":
        raise unreadable(_KIND, "its root is not resources, as in Android's strings.xml")
    units = [unit for text in _texts(source.root) for unit in _units(source, text)]

    def finish() -> bytes:
        if options.target_lang:
            for plurals in source.root.iter(_PLURALS):
                _add_plurals(source, plurals, options.target_lang)
            if _LOCALE in source.root.attributes:
                source.set_attribute(source.root, "tools:locale", options.target_lang)
        return source.written()

    return document_of(units, finish, source.notices)


@dataclass(frozen=True, slots=True)
class _Text:
    """An element with a text of its own."""

    node: XmlNode
    place: str


def _texts(root: XmlNode) -> Iterator[_Text]:
    for child in root.children if _is_translatable(root) else ():
        name = child.attributes.get("name", "")
        if not _is_translatable(child):
            continue
        if child.tag == "string":
            yield _Text(child, name)
        elif child.tag in _LISTS:
            for number, item in enumerate(child.children, 1):
                if item.tag == "item" and _is_translatable(item):
                    yield _Text(item, f"{name}, {item.attributes.get('quantity', number)}")


def _is_translatable(node: XmlNode) -> bool:
    return node.attributes.get("translatable") != "false"


def _units(source: XmlSource, text: _Text) -> Iterator[Unit]:
    before, core, after, is_quoted = parts_of(source.inner(text.node))
    if not is_reference(core):
        yield RawMarkup(
            core,
            text.place,
            _between(source, text.node, before, after),
            read=partial(read_android, is_quoted=is_quoted),
            write=write_android,
            is_kept=_is_kept,
        )


def _between(source: XmlSource, node: XmlNode, before: str, after: str) -> Callable[[str], None]:
    return lambda content: source.set_inner(node, f"{before}{content}{after}")


def _is_kept(name: str) -> bool:
    """`<xliff:g>`, whatever its prefix."""
    return name.rpartition(":")[2] == "g"


def _add_plurals(source: XmlSource, plurals: XmlNode, lang: str) -> None:
    items = {item.attributes.get("quantity"): item for item in plurals.children if item.tag == "item"}
    if _OTHER not in items:
        return
    other, last = items[_OTHER], plurals.children[-1]
    before = plurals.children[-2].end if len(plurals.children) > 1 else plurals.content
    gap = source.between(before, last.start)
    for category in plural_categories(lang):
        if category not in items:
            tag = source.between(other.start, other.content).replace(_OTHER, category, 1)
            closing = source.between(other.content_end, other.end)
            source.insert(last.end, f"{gap}{tag}{source.inner(other)}{closing}")
