"""Paragraphs made of runs, each with its properties and its text: Office Open XML's three kinds of text.

Word's (`w:p`), DrawingML's in slides, shapes and charts (`a:p`), and rich text in cells (`si`) differ in
names only. What a paragraph has besides runs of text stays, between the same words of the translation.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

from lxml import etree
from lxml.etree import _Element as Element

from crosslate.service.documents.document import Segment
from crosslate.service.documents.formats.ooxml.word_fields import Field, follow, is_read
from crosslate.service.documents.groups import Groups
from crosslate.service.documents.inline import Break, Ends, Item, Mark, Run, Wrap, legal
from crosslate.service.documents.pairs import paired

_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNames:
    """What the elements of one kind of text are called, namespaces included."""

    run: str
    properties: str
    text: str
    breaks: frozenset[str]
    """Inside runs or beside them: what ends a line or a column."""
    ahead: frozenset[str] = frozenset()
    """Children of a paragraph that stay before all else."""
    behind: frozenset[str] = frozenset()
    """Those that stay after all else."""
    wraps: frozenset[str] = frozenset()
    """Elements around runs whose text is read."""
    dropped: frozenset[str] = frozenset()
    """What a program notes about the old text: misspellings, pages."""
    ignored_properties: frozenset[str] = frozenset()
    """Those that make no difference to a reader."""
    characters: Mapping[str, str] = field(default_factory=dict)
    """Elements that stand for a character."""
    base: str | None = None
    """What is read aloud as stands above it, which is of no use to a translation."""
    keeps_space: bool = False
    """Whether blanks at the ends of a text must be marked as meant."""
    read: Callable[[str], str] = str
    """From what a file has to what it says, and back."""
    written: Callable[[str], str] = legal


@dataclass(frozen=True, slots=True)
class Piece:
    """Something of a run that is not its text."""

    run: Element
    child: Element


class RunParagraph:
    """One paragraph, read into groups.

    Args:
        element: the paragraph.
        names: of its kind of text.
        place: for people.
        fields: those that are open where it begins; those open at its end stand there afterwards.
    """

    def __init__(
        self, element: Element, names: RunNames, place: str, fields: list[Field] | None = None
    ) -> None:
        self._element = element
        self._names = names
        self._fields: list[Field] = [] if fields is None else fields
        self._groups = Groups(self._items(element), place)

    @property
    def segments(self) -> list[Segment]:
        """What there is to translate."""
        return self._groups.segments

    def put(self, translations: Sequence[str]) -> None:
        """Replace the paragraph's text by the translations of `segments`."""
        if not self.segments:
            return
        self._groups.put(translations)
        ahead = [child for child in self._element if child.tag in self._names.ahead]
        behind = [child for child in self._element if child.tag in self._names.behind]
        for child in list(self._element):
            self._element.remove(child)
        used: set[int] = set()
        self._element.extend(ahead)
        for item in self._groups.items():
            self._element.extend(self._elements(item, used))
        self._element.extend(behind)

    # Reading. Nothing of the tree is changed by it.

    def _items(self, parent: Element) -> list[Item]:
        return paired(list(self._children(parent)), _opens, _closes)

    def _children(self, parent: Element) -> Iterator[Item]:
        names = self._names
        for child in parent:
            if child.tag in names.ahead or child.tag in names.behind or child.tag in names.dropped:
                continue
            if child.tag == names.run:
                yield from self._run_items(child)
            elif child.tag in names.breaks:
                yield Break(child, is_line=_is_line(child))
            elif child.tag in names.wraps and _is_read_wrap(child):
                yield Wrap(child, self._items(_content_of(child)))
            else:
                yield Mark([child], is_word=_is_field_with_text(child))

    def _run_items(self, run: Element) -> Iterator[Item]:
        names = self._names
        properties = run.find(names.properties)
        key = self._key(properties)
        for child in run:
            if child.tag == names.properties or child.tag in names.dropped:
                continue
            is_shown = self._is_shown(child)
            if is_shown and child.tag == names.text:
                yield from self._text_items(run, names.read(child.text or ""), key, properties)
            elif is_shown and child.tag in names.characters:
                yield Run(names.characters[child.tag], key, properties)
            elif is_shown and child.tag in names.breaks:
                yield Break(Piece(run, child), is_line=_is_line(child))
            elif is_shown and names.base and (base := child.find(names.base)) is not None:
                yield from self._items(base)
            else:
                is_result = child.tag == names.text and bool((child.text or "").strip())
                yield Mark([Piece(run, child)], is_word=is_result)

    def _text_items(
        self, run: Element, text: str, key: Hashable, properties: Element | None
    ) -> Iterator[Item]:
        """A text, parted where there are tabulators in it, for which DrawingML has no element."""
        for number, part in enumerate(text.split("\t")):
            if number:
                tab = etree.Element(self._names.text)
                tab.text = "\t"
                yield Break(Piece(run, tab))
            if part or not number:
                yield Run(part, key, properties)

    def _is_shown(self, child: Element) -> bool:
        """Whether text here is a reader's, and no code of a field nor what a program puts there itself."""
        kind = _kind(child)
        if kind == "fldChar":
            follow(self._fields, child)
        elif kind == "instrText" and self._fields:
            self._fields[-1].code += child.text or ""
        return all(one.has_result and is_read(one.code) for one in self._fields)

    def _key(self, properties: Element | None) -> Hashable:
        if properties is None:
            return ()
        children = [
            etree.tostring(child, encoding="unicode", with_tail=False)
            for child in properties
            if child.tag not in self._names.ignored_properties
        ]
        attributes = sorted((name, value) for name, value in properties.attrib.items() if name in _SHOWN)
        return (*attributes, *children)

    # Writing.

    def _elements(self, item: Item, used: set[int]) -> Iterator[Element]:
        match item:
            case Run(text=text, source=properties):
                if text:
                    yield self._run_of(text, properties)
            case Mark(source=sources):
                yield from map(_placed, sources)
            case Break(source=source):
                yield _placed(source)
            case Wrap(source=Ends() as ends, items=items):
                # What is given twice, since a translation takes its words apart, has its ends once.
                is_new = id(ends) not in used
                used.add(id(ends))
                yield from map(_placed, ends.opening if is_new else ())
                for inner in items:
                    yield from self._elements(inner, used)
                yield from map(_placed, ends.closing if is_new else ())
            case Wrap(source=element, items=items):
                shell = element if id(element) not in used else deepcopy(element)
                used.add(id(element))
                content = _content_of(shell)
                for child in list(content):
                    if child.tag not in self._names.ahead:
                        content.remove(child)
                for inner in items:
                    content.extend(self._elements(inner, used))
                yield shell

    def _run_of(self, text: str, properties: Element | None) -> Element:
        run = etree.Element(self._names.run)
        if properties is not None:
            run.append(deepcopy(properties))
        written = etree.SubElement(run, self._names.text)
        written.text = self._names.written(text)
        if self._names.keeps_space and text != text.strip():
            written.set(_SPACE, "preserve")
        return run


_LINE = "textWrapping"
_FIELDS = frozenset({"fld", "fldSimple"})
_SHOWN = frozenset({"b", "i", "u", "strike", "sz", "baseline", "cap"})
"""DrawingML has these as attributes, beside some that no reader sees (`lang`, `dirty`, `err`)."""


def _placed(source: Element | Piece) -> Element:
    """Something of a paragraph, to stand there; what was part of a run in a run of its own."""
    if not isinstance(source, Piece):
        return source
    run = etree.Element(source.run.tag)
    for child in source.run:
        if child is not source.child and _kind(child) == "rPr":
            run.append(deepcopy(child))
    # Not a copy: a picture may have paragraphs inside that are read as well.
    run.append(source.child)
    return run


def _is_line(element: Element) -> bool:
    """Whether it ends a line, and no more: of Word's some end pages and columns."""
    kind = next((value for name, value in element.attrib.items() if str(name).endswith("}type")), _LINE)
    return _kind(element) in {"br", "cr"} and kind == _LINE


def _is_read_wrap(element: Element) -> bool:
    """A field whose code is an attribute is read as others are."""
    code = next((value for name, value in element.attrib.items() if str(name).endswith("}instr")), None)
    return code is None or is_read(code)


def _is_field_with_text(element: Element) -> bool:
    """Whether it shows what a program puts there, such as a date, a number or a customer's name."""
    return _kind(element) in _FIELDS and any(map(str.strip, element.itertext()))


def _kind(element: Element) -> str:
    """Its name without the namespace; nothing for comments and processing instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _content_of(element: Element) -> Element:
    """Where in an element around runs these stand."""
    inner = element.find("{*}sdtContent")
    return element if inner is None else inner


def _opens(source: Element | Piece) -> str | None:
    return _end_of(source, "begin", "bookmarkStart", "commentRangeStart")


def _closes(source: Element | Piece) -> str | None:
    return _end_of(source, "end", "bookmarkEnd", "commentRangeEnd")


def _end_of(source: Element | Piece, field_end: str, *kinds: str) -> str | None:
    """A name for what something is one end of."""
    element = source.child if isinstance(source, Piece) else source
    kind = _kind(element)
    if kind in kinds:
        number = next((value for name, value in element.attrib.items() if str(name).endswith("}id")), "")
        return f"{kind.removesuffix('Start').removesuffix('End')} {number}"
    return "field" if kind == "fldChar" and field_end in element.attrib.values() else None
