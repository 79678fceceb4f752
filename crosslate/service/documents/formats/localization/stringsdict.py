"""Plurals of Apple's programs (`.stringsdict`): a property list with a text for each kind of number."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from crosslate.service.documents.document import Document, ReadOptions, unreadable
from crosslate.service.documents.formats.common.raw_markup import RawMarkup
from crosslate.service.documents.formats.common.units import document_of
from crosslate.service.documents.formats.common.xml_source import XmlNode, XmlSource
from crosslate.service.documents.formats.localization.plural_categories import CATEGORIES, plural_categories

_KIND = ".stringsdict"
_OTHER = "other"
_OF_PROGRAMS = frozenset({"NSStringFormatSpecTypeKey", "NSStringFormatValueTypeKey"})


def read_stringsdict(data: bytes, options: ReadOptions) -> Document:
    """Texts for numbers, widths and devices, and those that these stand in; keys stay.

    A language's plurals that the file has not are added, as it says `other`.

    Raises:
        ServiceError: 422.
    """
    source = XmlSource(data, _KIND)
    top = source.root.find("dict")
    if source.root.tag != "plist" or top is None:
        raise unreadable(_KIND, "it is no property list in XML (plist) of messages")
    units = [
        RawMarkup(source.inner(node), place, partial(source.set_inner, node))
        for place, node in _texts(source, top, "")
    ]

    def finish() -> bytes:
        for node in top.iter("dict") if options.target_lang else ():
            _add_plurals(source, node, options.target_lang)
        return source.written()

    return document_of(units, finish, source.notices)


def _texts(source: XmlSource, node: XmlNode, place: str) -> Iterator[tuple[str, XmlNode]]:
    for key, value in _members(source, node):
        inner = f"{place}, {key}" if place else key
        if value.tag == "dict":
            yield from _texts(source, value, inner)
        elif value.tag == "string" and key not in _OF_PROGRAMS:
            yield inner, value


def _members(source: XmlSource, node: XmlNode) -> Iterator[tuple[str, XmlNode]]:
    if len(node.children) % 2:
        raise unreadable(_KIND, "one of its dicts has a key without a value")
    for key, value in zip(node.children[::2], node.children[1::2], strict=True):
        if key.tag != "key":
            raise unreadable(_KIND, "one of its dicts has a value without a key")
        yield source.inner(key).strip(), value


def _add_plurals(source: XmlSource, node: XmlNode, lang: str) -> None:
    """Behind the last one, in the way that the others are written."""
    members = dict(_members(source, node))
    if _OF_PROGRAMS - members.keys() or _OTHER not in members:
        return
    other, last = members[_OTHER], [members[name] for name in members if name in CATEGORIES][-1]
    at = node.children.index(other)
    key = node.children[at - 1]
    before = source.between(node.children[at - 2].end if at > 1 else node.content, key.start)
    between = source.between(key.end, other.start)
    for category in plural_categories(lang):
        if category not in members:
            text = f"<string>{source.inner(other)}</string>"
            source.insert(last.end, f"{before}<key>{category}</key>{between}{text}")
