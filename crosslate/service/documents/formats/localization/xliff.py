"""XLIFF 1.2 and 2: sources into the targets that are still empty."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from copy import deepcopy
from functools import cache, partial

from lxml.etree import _Element as Element

from crosslate.service.documents.document import Document, ReadOptions, unreadable
from crosslate.service.documents.formats.common.mixed import MixedNames, MixedParagraph
from crosslate.service.documents.formats.common.units import Unit, document_of
from crosslate.service.documents.formats.localization.xliff_codes import Codes
from crosslate.service.documents.package import parse_xml, xml_file_bytes

_KIND = ".xliff"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_V1 = "{urn:oasis:names:tc:xliff:document:1.2}"
_V2_PREFIX = "{urn:oasis:names:tc:xliff:document:2."
_V22_PREFIX = "{urn:oasis:names:tc:xliff:core:2."
_PROTECTED = frozenset({"protected", "x-protected"})
"""What version 1.2 calls a stretch that nobody may translate."""
_SEGMENT = "seg"
_REVIEW = "needs-review-translation"
_OPEN_STATES = frozenset({"new", "needs-translation", "initial"})


def read_xliff(data: bytes, options: ReadOptions) -> Document:
    """Units with a target stay as they are, unless it is empty or its state says that it is no translation.

    Raises:
        ServiceError: 422.
    """
    root = parse_xml(data, _KIND)
    namespace = str(root.tag).removesuffix("xliff")
    if not str(root.tag).endswith("xliff"):
        raise unreadable(_KIND, "its root is not xliff")
    if namespace in (_V1, ""):
        units = list(_units_of_1(root, namespace, options))
    elif namespace.startswith((_V2_PREFIX, _V22_PREFIX)):
        units = list(_units_of_2(root, namespace, options))
    else:
        raise unreadable(_KIND, "its version is neither 1.2 nor 2")
    return document_of(units, lambda: xml_file_bytes(root, data))


def _units_of_1(root: Element, ns: str, options: ReadOptions) -> Iterator[Unit]:
    codes = Codes(frozenset({f"{ns}x", f"{ns}ph"}))
    names = MixedNames(
        wraps=frozenset({f"{ns}g", f"{ns}mrk"}),
        once=True,
        opens=_first_of(_end_of(frozenset({f"{ns}bpt", f"{ns}bx"}), "rid", "id"), codes.opens),
        closes=_first_of(_end_of(frozenset({f"{ns}ept", f"{ns}ex"}), "rid", "id"), codes.closes),
        is_kept=lambda element: element.get("mtype") in _PROTECTED,
        meaning=codes.meaning,
    )
    for file in root.iter(f"{ns}file"):
        _set_language(file, "target-language", options)
    for unit in root.iter(f"{ns}trans-unit"):
        source, target = unit.find(f"{ns}source"), unit.find(f"{ns}target")
        if source is None or not _is_translated(unit) or unit.get("approved") == "yes":
            continue
        if not _is_done(target, None if target is None else target.get("state")):
            place = f"unit {unit.get('id', '')}"
            divided = unit.find(f"{ns}seg-source")
            yield from _in_target(source if divided is None else divided, names, place, options)


def _units_of_2(root: Element, ns: str, options: ReadOptions) -> Iterator[Unit]:
    _set_language(root, "trgLang", options)
    names_of = cache(partial(_names_of_2, ns=ns))
    for segment in root.iter(f"{ns}segment"):
        source, target = segment.find(f"{ns}source"), segment.find(f"{ns}target")
        if source is None or not _is_translated(segment):
            continue
        if not _is_done(target, segment.get("state")):
            unit = segment.getparent()
            yield from _in_target(source, names_of(unit), f"unit {unit.get('id', '')}", options, None)
            segment.set("state", "translated")


def _names_of_2(unit: Element, ns: str) -> MixedNames:
    data = {one.get("id", ""): "".join(one.itertext()) for one in unit.iterfind(f"{ns}originalData/{ns}data")}
    codes = Codes(frozenset({f"{ns}ph"}), data)
    return MixedNames(
        wraps=frozenset({f"{ns}pc", f"{ns}mrk"}),
        once=True,
        opens=_first_of(_end_of(frozenset({f"{ns}sc", f"{ns}sm"}), "id"), codes.opens),
        closes=_first_of(_end_of(frozenset({f"{ns}ec", f"{ns}em"}), "startRef"), codes.closes),
        is_kept=lambda element: element.get("translate") == "no",
        meaning=codes.meaning,
    )


def _in_target(
    source: Element, names: MixedNames, place: str, options: ReadOptions, state: str | None = _REVIEW
) -> Iterator[Unit]:
    """What becomes of a source in a target beside it; where tools have divided it, part by part."""
    target = _target_of(source, options)
    if state is not None:
        target.set("state", state)
    parts = [source.iter(), target.iter()]
    divided = [pair for pair in zip(*parts, strict=True) if pair[0].get("mtype") == _SEGMENT]
    for read, written in divided or [(source, target)]:
        yield MixedParagraph(read, names, place, written)


def _target_of(source: Element, options: ReadOptions) -> Element:
    """A copy of a source, since what has nothing to translate is its own translation, in its place."""
    unit, tag = source.getparent(), source.tag.replace("seg-source", "source").replace("source", "target")
    target = deepcopy(source)
    target.tag = tag
    if target.get(_LANG) is not None:
        _set_language(target, _LANG, options)
    if (old := unit.find(tag)) is not None:
        unit.remove(old)
    # After the segmentation of the source, if there is one.
    source.addnext(target)
    target.tail, source.tail = source.tail, unit.text or source.tail
    return target


def _end_of(tags: frozenset[str], *attributes: str) -> Callable[[Element], Hashable | None]:
    """The name that both ends of something share."""

    def name(element: Element) -> Hashable | None:
        if element.tag not in tags:
            return None
        return next((element.get(one) for one in attributes if element.get(one)), None)

    return name


def _first_of(*names: Callable[[Element], Hashable | None]) -> Callable[[Element], Hashable | None]:
    return lambda element: next((found for name in names if (found := name(element)) is not None), None)


def _is_translated(unit: Element) -> bool:
    """Whether somebody may translate it: the nearest that says anything about it decides."""
    said = [one.get("translate") for one in (unit, *unit.iterancestors()) if one.get("translate")]
    return not said or said[0] != "no"


def _is_done(target: Element | None, state: str | None) -> bool:
    if target is None or not "".join(target.itertext()).strip():
        return False
    return state not in _OPEN_STATES


def _set_language(element: Element, attribute: str, options: ReadOptions) -> None:
    if options.target_lang:
        element.set(attribute, options.target_lang)
