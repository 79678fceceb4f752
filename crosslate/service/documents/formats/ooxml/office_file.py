"""Office Open XML: what is in every one of its packages, and the kinds of text in them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from lxml import etree
from lxml.etree import _Element as Element

from crosslate.service.documents.document import NO_SIGNATURE, Document, ReadOptions, unreadable, unsafe
from crosslate.service.documents.formats.common.direction import turned
from crosslate.service.documents.formats.common.spelling import Language, set_office_language
from crosslate.service.documents.formats.common.units import Attribute, Leaf, Unit, document_of
from crosslate.service.documents.formats.ooxml.content_types import LIST, content_types, kind_of
from crosslate.service.documents.formats.ooxml.number_formats import number_formats_of
from crosslate.service.documents.formats.ooxml.runs import RunNames, RunParagraph
from crosslate.service.documents.formats.ooxml.word_fields import Field
from crosslate.service.documents.package import Package, xml_bytes

_RELATION = "{*}Relationship"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_FILE_NAME = re.compile(r"\.(?:png|jpe?g|gif|bmp|tiff?|svg|emf|wmf|webp)$", re.IGNORECASE)
"""Which programs put there for want of a description."""
_FETCHED = frozenset({"attachedTemplate", "subDocument", "oleObject", "frame"})
"""The kinds of relations by which a file takes parts from elsewhere."""
_SLIDE = re.compile(r"(?<!\d)(\d{1,9})\.xml$")

WORD = RunNames(
    run=f"{_W}r",
    properties=f"{_W}rPr",
    text=f"{_W}t",
    breaks=frozenset({f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}ptab"}),
    ahead=frozenset({f"{_W}pPr", f"{_W}sdtPr", f"{_W}sdtEndPr", f"{_W}smartTagPr", f"{_W}customXmlPr"}),
    wraps=frozenset(
        f"{_W}{name}"
        for name in ("hyperlink", "ins", "moveTo", "smartTag", "sdt", "fldSimple", "bdo", "dir", "customXml")
    ),
    dropped=frozenset({f"{_W}proofErr", f"{_W}lastRenderedPageBreak", f"{_W}softHyphen"}),
    ignored_properties=frozenset({f"{_W}lang", f"{_W}noProof"}),
    characters={f"{_W}noBreakHyphen": "\u2011"},
    base=f"{_W}rubyBase",
    keeps_space=True,
)
DRAWING = RunNames(
    run=f"{_A}r",
    properties=f"{_A}rPr",
    text=f"{_A}t",
    breaks=frozenset({f"{_A}br"}),
    ahead=frozenset({f"{_A}pPr"}),
    behind=frozenset({f"{_A}endParaRPr"}),
)


class Turn(Protocol):
    """See `crosslate.service.documents.formats.common.direction`."""

    def __call__(self, roots: Iterable[Element], *, from_right: bool) -> None:
        """Turn what stands in some parts round."""
        ...


@dataclass(slots=True)
class OfficeFile:
    """A package that is being read: its parts by content type, those that are read, what stands in them."""

    package: Package
    types: dict[str, str]
    """Of each part, by its name."""
    units: list[Unit] = field(default_factory=list)
    changed: dict[str, bytes] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    roots: dict[str, Element] = field(default_factory=dict)
    last: list[Callable[[], None]] = field(default_factory=list)
    """What is to be done once all text is translated."""

    @classmethod
    def open(cls, data: bytes, kind: str, main_types: tuple[str, ...]) -> OfficeFile:
        """A file whose main part is of one of these types.

        Raises:
            ServiceError: 422, it is another kind of file, has macros, or cannot be read.
        """
        package = Package(data, kind)
        if not package.has(LIST):
            raise unreadable(kind, "it is an archive, but not one of an office program")
        types = content_types(package)
        if any("macroEnabled" in one for one in types.values()) or any(
            name.lower().endswith("vbaproject.bin") for name in package.names
        ):
            raise unsafe("The file has macros, which are programs: save it without them.")
        if not any(one.endswith(main_types) for one in types.values()):
            other = kind_of(types)
            raise unreadable(kind, f"it is {f'a {other} file' if other else 'a file of another program'}")
        file = cls(package, types)
        if any(name.startswith("_xmlsignatures/") for name in package.names):
            file.notices.append(NO_SIGNATURE)
        if left := sum(
            1 for name in package.names if name.endswith(".rels") for _ in _outside(package, name)
        ):
            file.notices.append(
                f"What the file fetches from elsewhere when it is opened is as it was ({left}): nothing was "
                "fetched here."
            )
        return file

    def parts(
        self, *type_ends: str, holding: re.Pattern[bytes] | None = None
    ) -> Iterator[tuple[str, Element]]:
        """The parts of these types that hold something, each type's in the order of their numbers."""
        for end in type_ends:
            names = [name for name, kind in self.types.items() if kind.endswith(end)]
            for name in sorted(names, key=_by_number):
                if not holding or holding.search(self.package.read(name)):
                    yield name, self.tree(name)

    def tree(self, name: str) -> Element:
        """A part that is going to be written again."""
        if name not in self.roots:
            self.roots[name] = self.package.tree(name)
            # No program shows them; one within a text would part it.
            etree.strip_tags(self.roots[name], etree.Comment, etree.PI)
        return self.roots[name]

    def read_paragraphs(self, name: str, root: Element, tag: str, names: RunNames) -> None:
        """Every paragraph of a part, those inside of others too."""
        fields: list[Field] = []
        for number, element in enumerate(root.iter(tag), start=1):
            inside = fields if not _is_inside(element, tag) else []
            self.units.append(RunParagraph(element, names, f"{name}, paragraph {number}", inside))

    def read_drawings(self) -> None:
        """Text in charts and diagrams."""
        for name, root in self.parts(
            "drawingml.chart+xml",
            "drawingml.chartshapes+xml",
            "chartex+xml",
            "diagramData+xml",
            "drawingml.diagramDrawing+xml",
        ):
            self.read_shapes(name, root)
            self.units += [Leaf(value, name) for value in _words_of_chart(root)]
            self.units += number_formats_of(root, name)

    def read_alternatives(self, name: str, root: Element) -> None:
        """What is read out instead of pictures, and shown over links."""
        for shape in root.iter("{*}docPr", "{*}cNvPr"):
            for attribute in ("title", "descr"):
                if not _FILE_NAME.search(shape.get(attribute, "")):
                    self.units.append(Attribute(shape, attribute, name))
        for shape in root.iter("{urn:schemas-microsoft-com:vml}*"):
            self.units.append(Attribute(shape, "alt", name))
        for link in root.iter(f"{_A}hlinkClick", f"{_A}hlinkHover"):
            self.units.append(Attribute(link, "tooltip", name))
        for link in root.iter(f"{_W}hyperlink"):
            self.units.append(Attribute(link, f"{_W}tooltip", name))

    def read_shapes(self, name: str, root: Element) -> None:
        """What shapes, tables and notes say."""
        self.read_paragraphs(name, root, f"{_A}p", DRAWING)
        self.read_alternatives(name, root)

    def say_language(self, lang: str) -> None:
        """Say in all parts that are read that they are in this language, once they are."""
        language = Language.of(lang)
        if language is not None:
            self.last.append(lambda: set_office_language(self.roots.values(), language))

    def turn(self, options: ReadOptions, *turns: Turn) -> None:
        """Turn all parts that are read round, once they have their text, if that runs the other way."""
        from_right = turned(options.source_lang, options.target_lang)
        if from_right is not None:
            for turn in turns:
                self.last.append(partial(turn, self.roots.values(), from_right=from_right))

    def document(self) -> Document:
        """What was read."""
        return document_of(self.units, self._written, self.notices)

    def _written(self) -> bytes:
        for step in self.last:
            step()
        trees = {name: xml_bytes(root) for name, root in self.roots.items()}
        return self.package.written({**trees, **self.changed})


def _words_of_chart(root: Element) -> Iterator[Element]:
    """Names of series, categories and labels, as they were when the chart was last drawn."""
    for values in root.iter("{*}strCache", "{*}strLit", "{*}multiLvlStrCache", "{*}dlblRangeCache", "{*}tx"):
        # Of `tx` a name that comes from no cell; of the others each point.
        yield from values.iterfind("{*}v" if values.tag.endswith("}tx") else ".//{*}pt/{*}v")
    for values in root.iter("{*}strDim"):
        yield from values.iterfind(".//{*}pt")
    for name in root.iter("{*}txData"):
        yield from name.iterfind("{*}v")


def _is_inside(element: Element, tag: str) -> bool:
    return next(element.iterancestors(tag), None) is not None


def _by_number(name: str) -> tuple[int, str]:
    """`slide10.xml` after `slide9.xml`."""
    number = _SLIDE.search(name)
    return (int(number[1]) if number else 0, name)


def related(package: Package, name: str) -> Iterator[tuple[str, str]]:
    """The parts that a part refers to, by the ids of its relations; not what lies outside."""
    folder, base = posixpath.split(name)
    relations = f"{folder}/_rels/{base}.rels".lstrip("/")
    if not package.has(relations):
        return
    for one in package.tree(relations).iterfind(_RELATION):
        if one.get("TargetMode") != "External":
            # A target that begins with a slash is one from the package's root.
            target = posixpath.normpath(posixpath.join(f"/{folder}", one.get("Target", "")))
            yield one.get("Id", ""), target.lstrip("/")


def _outside(package: Package, relations: str) -> Iterator[str]:
    """What is fetched as the file is opened: not a link to follow, nor a template on the same machine."""
    if b"External" not in package.read(relations):
        return
    for one in package.tree(relations).iterfind(_RELATION):
        target, kind = one.get("Target", ""), one.get("Type", "").rpartition("/")[2]
        if one.get("TargetMode") == "External" and kind in _FETCHED and not target.startswith("file:///"):
            yield target


def check_namespace(roots: Sequence[Element], namespace: str, kind: str) -> None:
    """Pass if the text is in the namespace that is read.

    Raises:
        ServiceError: 422, `Strict Open XML`, which Word writes only if asked to, or a program of old.
    """
    tags = [str(root.tag) for root in roots]
    if any(tag.startswith("{http://purl.oclc.org/ooxml/") for tag in tags):
        raise unreadable(kind, "it is saved as Strict Open XML; save it as the usual kind")
    # Parts of other programs may be called text by the ends of their names.
    if tags and not any(tag.startswith(namespace) for tag in tags):
        raise unreadable(kind, "its main part is not what the format's standard says")
