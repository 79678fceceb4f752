"""Elements that text stands in, with others among it: OpenDocument's paragraphs, XLIFF's segments."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from copy import deepcopy
from dataclasses import dataclass

from lxml import etree
from lxml.etree import _Element as Element

from crosslate.service.documents.document import Segment
from crosslate.service.documents.groups import Groups
from crosslate.service.documents.inline import Break, Ends, Item, Mark, Run, Wrap, legal
from crosslate.service.documents.pairs import paired
from crosslate.service.pipeline.markup.codes import Meaning

_BLANKS = re.compile(r"[ \t\r\n]+")
_SPACES = re.compile(r"(^ +|  +)")
_NAMES = ("id", "{http://www.w3.org/XML/1998/namespace}id")


def _never(element: Element) -> bool:
    return False


def _no_meaning(element: Element) -> Meaning | None:
    return None


def _no_end(element: Element) -> Hashable | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedNames:
    """What the elements are called, namespaces included."""

    wraps: frozenset[str]
    """Elements around text that is read; all others stay as they are, between the words."""
    breaks: frozenset[str] = frozenset()
    lines: frozenset[str] = frozenset()
    """Of the breaks those that only end a line."""
    dropped: frozenset[str] = frozenset()
    same_if_equal: frozenset[str] = frozenset()
    """Of the wraps those that say only how text looks: neighbours with the same attributes are one."""
    opens: Callable[[Element], Hashable | None] = _no_end
    """The name of what an element begins that another one ends."""
    closes: Callable[[Element], Hashable | None] = _no_end
    once: bool = False
    """Whether each may stand there once: where a translation has one twice, the first of them is it."""
    is_kept: Callable[[Element], bool] = _never
    """Of the wraps those whose text is not to be translated: it stands for a word."""
    meaning: Callable[[Element], Meaning | None] = _no_meaning
    """What an element stands for that is kept."""
    space: str | None = None
    """What stands for a blank where one is not counted as written: behind another, or at the beginning."""
    is_collapsed: bool = False
    """Whether blanks and line ends together are one blank."""


@dataclass(frozen=True, slots=True)
class _Shell:
    """A wrap that is being read."""

    element: Element
    items: list[Item]


class MixedParagraph:
    """One element, read into groups.

    Args:
        element: the text that is read.
        names: of what is in it.
        place: for people.
        target: where the translation goes; None: into `element`.
    """

    def __init__(
        self, element: Element, names: MixedNames, place: str, target: Element | None = None
    ) -> None:
        self._target = element if target is None else target
        self._names = names
        read = element if target is None else deepcopy(element)
        self._groups = Groups(self._items(read), place)

    @property
    def segments(self) -> list[Segment]:
        """What there is to translate."""
        return self._groups.segments

    def put(self, translations: Sequence[str]) -> None:
        """Replace the text by the translations of `segments`."""
        if not self.segments:
            return
        self._groups.put(translations)
        _clear(self._target)
        used: set[int] = set()
        for item in self._groups.items():
            self._add(self._target, item, used)

    def _items(self, parent: Element) -> list[Item]:
        names = self._names
        found: list[Item | _Shell] = [Run(self._read(parent.text))] if parent.text else []
        for child in parent:
            if child.tag in names.wraps and not names.is_kept(child):
                self._wrap(child, found)
            elif child.tag == names.space and _number_of(child) == 1:
                found.append(Run(" "))
            elif child.tag in names.breaks or child.tag == names.space:
                found.append(Break(child, is_line=child.tag in names.lines))
            elif child.tag not in names.dropped:
                found.append(self._kept(child))
            if child.tail:
                found.append(Run(self._read(child.tail)))
        items = [Wrap(one.element, one.items) if isinstance(one, _Shell) else one for one in found]
        return paired(items, names.opens, names.closes)

    def _kept(self, child: Element) -> Item:
        names = self._names
        meaning = names.meaning(child)
        if meaning is Meaning.LINE_END:
            return Break(child, is_line=True)
        return Mark([child], is_word=child.tag in names.wraps or meaning is Meaning.VALUE)

    def _read(self, text: str) -> str:
        return _BLANKS.sub(" ", text) if self._names.is_collapsed else text

    def _wrap(self, child: Element, found: list[Item | _Shell]) -> None:
        """Add a wrap; one that only goes on with what the one before began is taken into that."""
        items = self._items(child)
        last = found[-1] if found else None
        if not items and child.tag in self._names.same_if_equal:
            return
        if isinstance(last, _Shell) and self._is_same(last.element, child):
            last.items.extend(items)
        else:
            found.append(_Shell(child, items))

    def _is_same(self, one: Element, other: Element) -> bool:
        return (
            one.tag == other.tag
            and other.tag in self._names.same_if_equal
            and dict(one.attrib) == dict(other.attrib)
        )

    def _add(self, parent: Element, item: Item, used: set[int]) -> None:
        match item:
            case Run(text=text):
                self._add_run(parent, legal(text))
            case Mark(source=elements):
                for element in elements:
                    _add_element(parent, element)
            case Break(source=element):
                _add_element(parent, element)
            case Wrap(source=Ends() as ends, items=items):
                self._add_between(parent, ends, items, used)
            case Wrap(source=element, items=items):
                self._add_around(parent, element, items, used)

    def _add_run(self, parent: Element, text: str) -> None:
        """A text; of blanks together, or at the beginning, those that would not be counted as elements."""
        space = self._names.space
        for number, piece in enumerate(_SPACES.split(text) if space is not None else [text]):
            if number % 2 == 0:
                _add_text(parent, piece)
                continue
            is_first = not len(parent) and not parent.text
            _add_text(parent, "" if is_first else " ")
            for _ in range(len(piece) - (0 if is_first else 1)):
                _add_element(parent, etree.Element(space))

    def _add_between(self, parent: Element, ends: Ends, items: Sequence[Item], used: set[int]) -> None:
        is_new = id(ends) not in used
        used.add(id(ends))
        for element in ends.opening if is_new else ():
            _add_element(parent, element)
        for inner in items:
            self._add(parent, inner, used)
        for element in ends.closing if is_new else ():
            _add_element(parent, element)

    def _add_around(self, parent: Element, element: Element, items: Sequence[Item], used: set[int]) -> None:
        is_new = id(element) not in used
        used.add(id(element))
        if not is_new and self._names.once:
            for inner in items:
                self._add(parent, inner, used)
            return
        shell = etree.Element(element.tag, element.attrib, element.nsmap)
        if not is_new:
            _drop_names(shell)
        for inner in items:
            self._add(shell, inner, used)
        _add_element(parent, shell)


def _number_of(space: Element) -> int:
    count = next((value for name, value in space.attrib.items() if str(name).endswith("}c")), "1")
    return int(count) if re.fullmatch("[0-9]{1,9}", count) else 1


def _drop_names(element: Element) -> None:
    """Of a second element with what only one in a file may be called."""
    for name in _NAMES:
        element.attrib.pop(name, None)


def _clear(element: Element) -> None:
    element.text = None
    for child in list(element):
        child.tail = None
        element.remove(child)


def _add_text(parent: Element, text: str) -> None:
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text


def _add_element(parent: Element, element: Element) -> None:
    element.tail = None
    parent.append(element)
