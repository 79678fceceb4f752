"""Text documents of OpenDocument, as LibreOffice writes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable

from lxml.etree import _Element as Element

from crosslate.service.documents.document import Document, ReadOptions, unreadable, unsafe
from crosslate.service.documents.formats.mixed import MixedNames, MixedParagraph
from crosslate.service.documents.formats.spelling import Language, set_open_document_language
from crosslate.service.documents.formats.units import AttributePattern, Leaf, Unit, document_of
from crosslate.service.documents.package import Package, xml_bytes

_KIND = ".odt"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_MANIFEST = "META-INF/manifest.xml"
_PARTS = ("content.xml", "styles.xml")
_MIMETYPES = ("application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text-template")
_ALTERNATIVES = tuple(
    f"{{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}}{name}" for name in ("title", "desc")
)
"""What is read out instead of pictures."""
_NAMES_OF_ENDS = tuple(f"{_TEXT}{name}" for name in ("name", "id", "change-id"))
_NUMBERINGS = frozenset(
    f"{_TEXT}{name}" for name in ("list-level-style-number", "outline-level-style", "notes-configuration")
)
_AROUND_NUMBERS = (
    f"{_STYLE}num-prefix",
    f"{_STYLE}num-suffix",
    # What LibreOffice goes by where it is there.
    "{urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0}num-list-format",
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


NAMES = MixedNames(
    wraps=frozenset(f"{_TEXT}{name}" for name in ("span", "a", "meta", "ruby-base")),
    breaks=frozenset({f"{_TEXT}tab", f"{_TEXT}line-break"}),
    lines=frozenset({f"{_TEXT}line-break"}),
    dropped=frozenset({f"{_TEXT}soft-page-break"}),
    same_if_equal=frozenset({f"{_TEXT}span"}),
    opens=_end_of("-start"),
    closes=_end_of("-end"),
)


def read_odt(data: bytes, options: ReadOptions) -> Document:
    """Body, tables, frames, headers, footers, notes, comments and what stands around numbers.

    Raises:
        ServiceError: 422, 413.
    """
    package = Package(data, _KIND)
    _check(package)
    roots = {name: package.tree(name) for name in _PARTS if name in package.names}
    units: list[Unit] = []
    for name, root in roots.items():
        for number, paragraph in enumerate(root.iter(f"{_TEXT}p", f"{_TEXT}h"), start=1):
            if not _is_deleted(paragraph):
                units.append(MixedParagraph(paragraph, NAMES, f"{name}, paragraph {number}"))
        units += [Leaf(one, name) for one in root.iter(*_ALTERNATIVES)]
        for style in root.iter(*_NUMBERINGS):
            units += [AttributePattern(style, one, _NUMBER, name) for one in _AROUND_NUMBERS]
    language = Language.of(options.target_lang)

    def finish() -> bytes:
        if language is not None:
            set_open_document_language(roots.values(), language)
        return package.written({name: xml_bytes(root) for name, root in roots.items()})

    return document_of(units, finish)


def _check(package: Package) -> None:
    if "mimetype" not in package.names or "content.xml" not in package.names:
        raise unreadable(_KIND, "it is an archive, but no OpenDocument file")
    if package.read("mimetype").decode("ascii", "replace").strip() not in _MIMETYPES:
        raise unreadable(_KIND, "it is an OpenDocument file of another kind")
    if any(
        name.startswith(("Basic/", "Scripts/")) and not name.endswith(("/", *_INERT_MACRO_PARTS))
        for name in package.names
    ):
        raise unsafe("The file has macros, which are programs: save it without them.")
    if _MANIFEST in package.names and package.tree(_MANIFEST).find(".//{*}encryption-data") is not None:
        raise unreadable(_KIND, "it is protected by a password")


def _is_deleted(paragraph: Element) -> bool:
    """Kept to show what was changed."""
    return next(paragraph.iterancestors(f"{_TEXT}tracked-changes"), None) is not None
