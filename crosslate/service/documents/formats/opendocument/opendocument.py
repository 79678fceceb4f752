"""Texts, slides and sheets of OpenDocument, as LibreOffice writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable

from lxml.etree import _Element as Element

from crosslate.service.documents.document import (
    DELETIONS_STAY,
    NO_SIGNATURE,
    Document,
    ReadOptions,
    objects_stay,
    unreadable,
    unsafe,
)
from crosslate.service.documents.formats.common.direction import turn_open_document, turned
from crosslate.service.documents.formats.common.mixed import MixedNames, MixedParagraph
from crosslate.service.documents.formats.common.spelling import Language, set_open_document_language
from crosslate.service.documents.formats.common.units import (
    Attribute,
    AttributePattern,
    Leaf,
    Unit,
    document_of,
)
from crosslate.service.documents.formats.opendocument.sheets import Sheets, is_read
from crosslate.service.documents.package import Package, xml_bytes
from crosslate.service.pipeline.markup.codes import Meaning

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_LOEXT = "{urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_LABEL = "{urn:oasis:names:tc:opendocument:xmlns:form:1.0}label"
"""Of a button, a box to tick or a choice."""
_MANIFEST = "META-INF/manifest.xml"
_MANIFEST_NS = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
_META = "meta.xml"
_SHOWN_PROPERTIES = ("title", "subject", "description")
_OF_INDEXES = tuple(f"{_TEXT}{name}" for name in ("index-title-template", "index-entry-span"))
"""What stands in an index when it is made anew."""
_OTHER_OBJECTS = frozenset({"application/vnd.sun.star.oleobject", "application/octet-stream"})
_PARTS = ("content.xml", "styles.xml")
_MIMETYPE = "application/vnd.oasis.opendocument."
_KINDS = {
    kind: (name, f"{name}-template")
    for kind, name in ((".odt", "text"), (".odp", "presentation"), (".ods", "spreadsheet"))
}
_ALTERNATIVES = tuple(
    f"{{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}}{name}" for name in ("title", "desc")
)
"""What is read out instead of pictures."""
_OF_SLIDES = tuple(
    f"{{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}}{name}"
    for name in ("header-decl", "footer-decl")
)
"""What stands above and below several slides."""
_OF_FIELDS = {
    f"{_TEXT}alphabetical-index-mark": ("string-value", "key1", "key2"),
    f"{_TEXT}alphabetical-index-mark-start": ("key1", "key2"),
    f"{_TEXT}toc-mark": ("string-value",),
    f"{_TEXT}user-index-mark": ("string-value",),
    f"{_TEXT}conditional-text": ("string-value-if-true", "string-value-if-false"),
    f"{_TEXT}hidden-text": ("string-value",),
    f"{_TEXT}text-input": ("description",),
    f"{_TEXT}label": ("value",),
}
"""What entries of indexes, conditions and choices say, from which programs make what is shown."""
_NAMES_OF_ENDS = tuple(f"{_TEXT}{name}" for name in ("name", "id", "change-id"))
_NUMBERINGS = frozenset(
    f"{_TEXT}{name}" for name in ("list-level-style-number", "outline-level-style", "notes-configuration")
)
_AROUND_NUMBERS = (
    f"{_STYLE}num-prefix",
    f"{_STYLE}num-suffix",
    # What LibreOffice goes by where it is there.
    f"{_LOEXT}num-list-format",
)
_NUMBER = re.compile(r"(%\d+%)")
_INERT_MACRO_PARTS = ("script-lc.xml", "script-lb.xml", "dialog-lb.xml", "dialog-lc.xml")
"""Lists of modules, which LibreOffice may write where there are none."""


def _end_of(suffix: str) -> Callable[[Element], Hashable | None]:
    """The name that both ends of a bookmark, an index's entry or a tracked change share."""

    def name(element: Element) -> Hashable | None:
        tag = element.tag if isinstance(element.tag, str) else ""
        if not tag.endswith(suffix):
            return None
        number = next((element.get(one) for one in _NAMES_OF_ENDS if element.get(one)), None)
        return None if number is None else (tag.removesuffix(suffix), number)

    return name


def _meaning(element: Element) -> Meaning | None:
    """Of a field that shows what a program puts there, such as a date or a customer's name."""
    tag = element.tag if isinstance(element.tag, str) else ""
    has_text = not len(element) and bool((element.text or "").strip())
    return Meaning.VALUE if has_text and tag.startswith(_TEXT) else None


NAMES = MixedNames(
    wraps=frozenset({f"{_LOEXT}content-control"})
    | frozenset(
        f"{_TEXT}{name}"
        for name in (
            *("span", "a", "meta", "ruby", "ruby-base", "text-input", "placeholder"),
            # What they repeat of the document; a program makes them anew, then from the translation.
            *(
                "conditional-text",
                "bookmark-ref",
                "reference-ref",
                "title",
                "subject",
                "keywords",
                "description",
                "chapter",
            ),
        )
    ),
    space=f"{_TEXT}s",
    is_collapsed=True,
    breaks=frozenset({f"{_TEXT}tab", f"{_TEXT}line-break"}),
    lines=frozenset({f"{_TEXT}line-break"}),
    # How a word is read aloud is of no use to a translation.
    dropped=frozenset({f"{_TEXT}soft-page-break", f"{_TEXT}ruby-text"}),
    same_if_equal=frozenset({f"{_TEXT}span"}),
    opens=_end_of("-start"),
    closes=_end_of("-end"),
    meaning=_meaning,
)


def read_odt(data: bytes, options: ReadOptions) -> Document:
    """Body, tables, frames, headers, footers, notes, comments, charts and what stands around numbers.

    Raises:
        ServiceError: 422, 413.
    """
    return _read(data, options, ".odt")


def read_odp(data: bytes, options: ReadOptions) -> Document:
    """Slides with their notes, tables, charts, headers and footers.

    Raises:
        ServiceError: 422, 413.
    """
    return _read(data, options, ".odp")


def read_ods(data: bytes, options: ReadOptions) -> Document:
    """Cells, comments, shapes, charts, headers and footers, and what formulas and rules know of cells.

    Raises:
        ServiceError: 422, 413.
    """
    return _read(data, options, ".ods")


def _read(data: bytes, options: ReadOptions, kind: str) -> Document:
    package = Package(data, kind)
    _check(package, kind)
    parts = [name for name in package.names if name.rpartition("/")[2] in _PARTS]
    roots = {name: package.tree(name) for name in sorted(parts, key=lambda name: name.count("/"))}
    sheets = Sheets([root for name, root in roots.items() if name in _PARTS]) if kind == ".ods" else None
    is_wanted = _is_any if sheets is None else is_read
    read = {name: _units(name, root, is_wanted) for name, root in roots.items()}
    read[_META] = _properties(package, roots)
    read[""] = [] if sheets is None else sheets.units
    objects = {name.rpartition("/")[0] for name, units in read.items() if any(one.segments for one in units)}
    language = Language.of(options.target_lang)
    from_right = turned(options.source_lang, options.target_lang)

    def finish() -> bytes:
        if sheets is not None:
            sheets.follow()
        _drop_pictures_of(objects, roots["content.xml"])
        if language is not None:
            set_open_document_language(roots.values(), language)
        if from_right is not None:
            turn_open_document(roots.values(), from_right=from_right)
        return package.written({name: xml_bytes(root) for name, root in roots.items()})

    told = _deletions(roots["content.xml"]) if sheets is None else sheets.notices
    notices = [*_notices(package), *told]
    return document_of([unit for units in read.values() for unit in units], finish, notices)


def _units(name: str, root: Element, is_wanted: Callable[[Element], bool]) -> list[Unit]:
    """What a part says: of the document itself, or of a chart or another document in it."""
    # Before the paragraphs: of what stands around words these make copies.
    units: list[Unit] = [
        Attribute(field, f"{_TEXT}{attribute}", name)
        for field in root.iter(*_OF_FIELDS)
        for attribute in _OF_FIELDS[str(field.tag)]
    ]
    units += [Attribute(one, f"{_LOEXT}display-text", name) for one in root.iter(f"{_LOEXT}list-item")]
    for number, paragraph in enumerate(root.iter(f"{_TEXT}p", f"{_TEXT}h"), start=1):
        if is_wanted(paragraph) and not _is_deleted(paragraph):
            units.append(MixedParagraph(paragraph, NAMES, f"{name}, paragraph {number}"))
    leaves = root.iter(*_ALTERNATIVES, *_OF_INDEXES, *_OF_SLIDES)
    units += [Leaf(one, name) for one in leaves if not _is_range(one)]
    units += [Attribute(one, _LABEL, name) for one in root.iter() if _LABEL in one.attrib]
    for style in root.iter(*_NUMBERINGS):
        units += [AttributePattern(style, one, _NUMBER, name) for one in _AROUND_NUMBERS]
    return units


def _properties(package: Package, roots: dict[str, Element]) -> list[Unit]:
    """The title and the subject of a document that shows them: programs write them anew from there."""
    shown = [
        name
        for name in _SHOWN_PROPERTIES
        if any(next(root.iter(f"{_TEXT}{name}"), None) is not None for root in roots.values())
    ]
    if not shown or not package.has(_META):
        return []
    roots[_META] = package.tree(_META)
    return [Leaf(one, _META) for name in shown for one in roots[_META].iter(f"{_DC}{name}")]


def _drop_pictures_of(objects: set[str], content: Element) -> None:
    """The pictures of charts as they were; programs draw them again."""
    for shown in list(content.iter(f"{_DRAW}object")):
        frame = shown.getparent()
        if frame is not None and shown.get(_HREF, "").removeprefix("./") in objects:
            for picture in frame.findall(f"{_DRAW}image"):
                frame.remove(picture)


def _notices(package: Package) -> list[str]:
    """What is not read."""
    types = [
        (one.get(f"{_MANIFEST_NS}full-path", ""), one.get(f"{_MANIFEST_NS}media-type", ""))
        for one in (package.tree(_MANIFEST) if package.has(_MANIFEST) else ())
        if isinstance(one.tag, str)
    ]
    left = sum(1 for name, kind in types if kind in _OTHER_OBJECTS and not name.startswith("ObjectRepl"))
    is_signed = any(name.endswith("documentsignatures.xml") for name in package.names)
    return [*([objects_stay(left)] if left else []), *([NO_SIGNATURE] if is_signed else [])]


def _deletions(content: Element) -> list[str]:
    if next(content.iter(f"{_TEXT}deletion"), None) is None:
        return []
    return [DELETIONS_STAY]


def _check(package: Package, kind: str) -> None:
    if not package.has("mimetype") or not package.has("content.xml"):
        raise unreadable(kind, "it is an archive, but no OpenDocument file")
    found = package.read("mimetype").decode("ascii", "replace").strip()
    if found not in {f"{_MIMETYPE}{one}" for one in _KINDS[kind]}:
        other = next((one for one, names in _KINDS.items() if found.removeprefix(_MIMETYPE) in names), None)
        raise unreadable(kind, f"it is {f'a {other}' if other else 'another kind of OpenDocument'} file")
    if any(
        name.startswith(("Basic/", "Scripts/")) and not name.endswith(("/", *_INERT_MACRO_PARTS))
        for name in package.names
    ):
        raise unsafe("The file has macros, which are programs: save it without them.")
    if package.has(_MANIFEST) and package.tree(_MANIFEST).find(".//{*}encryption-data") is not None:
        raise unreadable(kind, "it is protected by a password")


def _is_range(element: Element) -> bool:
    """Whether it says where in a sheet a chart's numbers are: LibreOffice writes that into the chart."""
    group = element.getparent()
    cell = None if group is None else group.getparent()
    return cell is not None and group.tag == f"{_DRAW}g" and cell.tag == f"{_TABLE}table-cell"


def _is_any(paragraph: Element) -> bool:
    return True


def _is_deleted(paragraph: Element) -> bool:
    """Kept to show what was changed."""
    return next(paragraph.iterancestors(f"{_TEXT}tracked-changes"), None) is not None
