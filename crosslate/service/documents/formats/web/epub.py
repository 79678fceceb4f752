"""Books of EPUB, 2 and 3: pages of XHTML in an archive, with their contents and their title."""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Iterator
from urllib.parse import unquote

from lxml.etree import _Element as Element

from crosslate.service.documents.document import Document, ReadOptions, unreadable
from crosslate.service.documents.formats.common.direction import turned
from crosslate.service.documents.formats.common.mixed import MixedNames, MixedParagraph
from crosslate.service.documents.formats.common.units import Attribute, Leaf, Unit, document_of
from crosslate.service.documents.package import Package, xml_bytes
from crosslate.service.pipeline.language.languages import standard_tag

_KIND = ".epub"
_MIMETYPE = "application/epub+zip"
_CONTAINER, _ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
_PAGE, _CONTENTS = "application/xhtml+xml", "application/x-dtbncx+xml"
_X = "{http://www.w3.org/1999/xhtml}"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_INLINE = (
    *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "del", "dfn", "em", "font", "i", "ins"),
    *("label", "mark", "q", "ruby", "rb", "s", "small", "span", "strike", "strong", "sub", "sup", "time"),
    "u",
)
_KEPT_INLINE = ("code", "kbd", "samp", "tt", "var", "img", "wbr", "rt", "rp", "input", "button", "select")
"""They stand between words, as they are."""
_KEPT = frozenset(
    f"{_X}{name}"
    for name in ("pre", "script", "style", "textarea", "template", "object", "iframe", *_KEPT_INLINE)
)
_READ_OUT = ("alt", "title", "aria-label")
_FONTS_ONLY = frozenset({"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"})
"""Of the ways in which parts may be hidden those for typefaces, which no reader needs to open."""
_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z]\w*);")
_OPF_TEXTS = ("title", "description")


def _is_kept(element: Element) -> bool:
    return element.get("translate") == "no" or "notranslate" in element.get("class", "").split()


NAMES = MixedNames(
    wraps=frozenset(f"{_X}{name}" for name in _INLINE),
    breaks=frozenset({f"{_X}br"}),
    lines=frozenset({f"{_X}br"}),
    is_kept=_is_kept,
    is_collapsed=True,
)


def read_epub(data: bytes, options: ReadOptions) -> Document:
    """Pages, what is read out instead of pictures, contents, title and description.

    Raises:
        ServiceError: 422, 413.
    """
    package = Package(data, _KIND)
    book = _book_of(package)
    roots = {book: package.tree(book)}
    kinds = dict(_parts(book, roots[book]))
    roots |= {name: _page(package, name) for name in kinds if package.has(name)}
    units = [unit for name, root in roots.items() for unit in _units(name, root, kinds.get(name))]

    def finish() -> bytes:
        for root in roots.values():
            _say_language(root, options)
        return package.written({name: xml_bytes(root) for name, root in roots.items()})

    return document_of(units, finish)


def _book_of(package: Package) -> str:
    """The part that says what belongs to the book.

    Raises:
        ServiceError: 422, there is none, or it may be read by one program only.
    """
    if not package.has("mimetype") or package.read("mimetype").strip() != _MIMETYPE.encode():
        raise unreadable(_KIND, "it is an archive, but no book")
    if package.has(_ENCRYPTION) and any(
        one.get("Algorithm") not in _FONTS_ONLY
        for one in package.tree(_ENCRYPTION).iter("{*}EncryptionMethod")
    ):
        raise unreadable(_KIND, "it is protected against being copied")
    found = package.tree(_CONTAINER).find(".//{*}rootfile") if package.has(_CONTAINER) else None
    name = "" if found is None else found.get("full-path", "")
    if not package.has(name):
        raise unreadable(_KIND, "it does not say what is in it")
    return name


def _parts(book: str, root: Element) -> Iterator[tuple[str, str]]:
    """The pages and the contents of EPUB 2, with what they are."""
    for item in root.iterfind("{*}manifest/{*}item"):
        kind = item.get("media-type", "")
        if kind in (_PAGE, _CONTENTS):
            yield (
                posixpath.normpath(posixpath.join(posixpath.dirname(book), unquote(item.get("href", "")))),
                kind,
            )


def _page(package: Package, name: str) -> Element:
    """A page whose letters by name, such as `&nbsp;`, are these letters."""
    return package.tree(name, lambda part: _ENTITY.sub(_letter, part))


def _letter(entity: re.Match[bytes]) -> bytes:
    text = html.unescape(entity[0].decode())
    # In numbers, since the page may be in any encoding.
    return entity[0] if text.startswith("&") else "".join(f"&#{ord(one)};" for one in text).encode()


def _units(name: str, root: Element, kind: str | None) -> Iterator[Unit]:
    if kind is None:
        for element in root.iterfind("{*}metadata/*"):
            if isinstance(element.tag, str) and element.tag.rpartition("}")[2] in _OPF_TEXTS:
                yield Leaf(element, name)
        for reference in root.iterfind("{*}guide/{*}reference"):
            yield Attribute(reference, "title", name)
    elif kind == _CONTENTS:
        yield from (Leaf(text, name) for text in root.iter("{*}text"))
    else:
        yield from _units_of_page(name, root)


def _units_of_page(name: str, root: Element) -> Iterator[Unit]:
    for title in root.iterfind(f"{_X}head/{_X}title"):
        yield Leaf(title, name)
    elements = list(_read_elements(root.find(f"{_X}body")))
    # Before the paragraphs: of what stands around words these make copies.
    yield from (Attribute(element, one, name) for element in elements for one in _READ_OUT)
    for number, element in enumerate(elements, start=1):
        if element.tag not in NAMES.wraps and element.tag not in _KEPT:
            yield MixedParagraph(element, NAMES, f"{name}, block {number}")


def _read_elements(element: Element | None) -> Iterator[Element]:
    """All that is translated, and what is kept in it, but nothing inside of that."""
    if (
        element is None
        or not isinstance(element.tag, str)
        or not element.tag.startswith(_X)
        or _is_kept(element)
    ):
        return
    yield element
    for child in element if element.tag not in _KEPT else ():
        yield from _read_elements(child)


def _say_language(root: Element, options: ReadOptions) -> None:
    tag, from_right = standard_tag(options.target_lang), turned(options.source_lang, options.target_lang)
    if tag is not None:
        for language in root.iterfind("{*}metadata/{http://purl.org/dc/elements/1.1/}language"):
            language.text = tag
        for name in (_XML_LANG, "lang"):
            if name in root.attrib:
                root.set(name, tag)
    if from_right is not None:
        side = "rtl" if from_right else "ltr"
        if root.tag == f"{_X}html":
            root.set("dir", side)
        for spine in root.iterfind("{*}spine"):
            spine.set("page-progression-direction", side)
