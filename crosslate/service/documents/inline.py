"""What stands inside a paragraph, as text with tags: `<g id="1">…</g>` around words, `<x id="2"/>` between.

A format reads its paragraphs into `Item`s. Those that have anything to translate are cut at line breaks and
tabulators into `Group`s. A group's text has tags only for what differs from most of it: the bold word, the
link, the place of a footnote.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from typing import Any
from xml.sax.saxutils import escape

from lxml import etree
from lxml.etree import _Element as Element

from crosslate.service.documents.document import Segment, has_words

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Run:
    """Text in one format."""

    text: str
    key: Hashable = None
    """Runs with the same one look the same."""
    source: Any = None
    """What the format makes a run of this kind from."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is no text and stays as it is, at its place between the words: pictures, references, fields."""

    source: Sequence[Any]
    is_word: bool = False
    """Whether a reader sees a word or a number there, without which the sentence would be another one."""


@dataclass(frozen=True, slots=True)
class Break:
    """A line break or a tabulator: text on its two sides does not read on."""

    source: Any
    is_line: bool = False
    """It only ends a line, and may do so within a sentence."""


@dataclass(frozen=True, slots=True)
class Wrap:
    """What stands around words: a link, a tracked insertion, the two ends of a field."""

    source: Any
    items: Sequence[Item]
    depth: int = field(init=False, compare=False)
    """How many stand in one another here."""

    def __post_init__(self) -> None:
        inner = (item.depth for item in self.items if isinstance(item, Wrap))
        object.__setattr__(self, "depth", 1 + max(inner, default=0))


@dataclass(frozen=True, slots=True)
class Ends:
    """The source of a `Wrap` that has no element of its own, but one thing before it and one after it."""

    opening: Sequence[Any]
    closing: Sequence[Any]


Item = Run | Mark | Break | Wrap


@dataclass(slots=True)
class Group:
    """Items without a break among them, and once translated those of the translation."""

    items: list[Item]
    place: str = ""
    _originals: dict[int, Item] = field(default_factory=dict)
    _base: Run | None = None

    def segment(self) -> Segment | None:
        """What is to be translated of it; None where nothing is."""
        _, core, _ = peeled(self.items)
        if not has_words(_text(core)):
            return None
        self._base = _base_of(core)
        is_tagged = any(not self._is_base(item) for item in core)
        if not is_tagged:
            return Segment(_text(core), "text", self.place)
        return Segment("".join(map(self._tagged, core)), "xml", self.place)

    def put(self, translation: str) -> None:
        """Take the translation of `segment`."""
        first, _, last = peeled(self.items)
        if not self._originals:
            self.items = [*first, self._run(translation), *last]
            return
        root = _parsed(translation)
        seen: set[int] = set()
        core = list(self._items_of(root, seen))
        lost = [_kept_of(one) for number, one in self._originals.items() if number not in seen]
        self.items = [*first, *core, *filter(None, lost), *last]

    def _is_base(self, item: Item) -> bool:
        return isinstance(item, Run) and self._base is not None and item.key == self._base.key

    def _run(self, text: str) -> Run:
        assert self._base is not None
        return replace(self._base, text=text)

    def _tagged(self, item: Item) -> str:
        if isinstance(item, Run) and self._is_base(item):
            return escape(item.text)
        number = len(self._originals) + 1
        self._originals[number] = item
        if isinstance(item, Run):
            return f'<g id="{number}">{escape(item.text)}</g>'
        if isinstance(item, Wrap):
            return f'<g id="{number}">{"".join(map(self._tagged, item.items))}</g>'
        return f'<x id="{number}" translate="no"/>' if _is_word(item) else f'<x id="{number}"/>'

    def _items_of(self, parent: Element, seen: set[int]) -> Iterator[Item]:
        if parent.text:
            yield self._run(parent.text)
        for child in parent:
            number = int(child.get("id", "0"))
            original = self._originals.get(number)
            if isinstance(original, Run):
                yield from (
                    replace(original, text=item.text) if isinstance(item, Run) else item
                    for item in self._items_of(child, seen)
                )
            elif isinstance(original, Wrap):
                # A pair that its words' new order has taken apart stands there twice.
                items = list(self._items_of(child, seen))
                yield replace(original, items=items)
            elif original is None:
                yield from self._items_of(child, seen)  # a tag of nobody's; its words are the translation's
            elif number not in seen:
                yield original
            seen.add(number)
            if child.tail:
                yield self._run(child.tail)


def _kept_of(item: Item) -> Mark | None:
    """What stays of something that a translation has no place for."""
    match item:
        case Mark():
            return item
        case Wrap(source=Ends(opening=opening, closing=closing)):
            # Tags of subtitles, which are texts, only say how their words look.
            kept = [one for one in (*opening, *closing) if not isinstance(one, str)]
            return Mark(kept) if kept else None
    return None


def groups_of(items: Sequence[Item], place: str) -> list[Group | Break]:
    """A paragraph's items, cut at its breaks."""
    found: list[Group | Break] = []
    pending: list[Item] = []
    for item in [*_merged(_cut(items)), None]:
        if item is None or isinstance(item, Break):
            if pending:
                found.append(Group(pending, place))
            pending = []
            if item is not None:
                found.append(item)
        else:
            pending.append(item)
    return found


def _cut(items: Iterable[Item]) -> Iterator[Item]:
    """What stands around a break is made to stand around its two sides instead."""
    for item in items:
        if not isinstance(item, Wrap):
            yield item
            continue
        inner = list(_cut(item.items))
        if all(isinstance(one, Break) for one in inner):
            # Without a word a link may be a place that others lead to, and a control is to be filled in.
            yield from [Mark([item.source]), *inner]
            continue
        breaks = [i for i, one in enumerate(inner) if isinstance(one, Break)]
        sides = [inner[start + 1 : end] for start, end in pairwise([-1, *breaks, len(inner)])]
        for number, (side, wraps) in enumerate(zip(sides, _of_sides(item, len(sides)), strict=True)):
            yield from [inner[breaks[number - 1]]] if number else []
            yield from _around(side, wraps)


def _of_sides(wrap: Wrap, number: int) -> list[object]:
    """Its source at each side of its breaks: two ends of something stand at the first and the last."""
    ends = wrap.source
    if not isinstance(ends, Ends) or number == 1:
        return [ends] * number
    return [Ends(ends.opening, ()), *[Ends((), ())] * (number - 2), Ends((), ends.closing)]


def _around(side: Sequence[Item], source: object) -> Iterator[Item]:
    if side:
        yield from side if source == Ends((), ()) else [Wrap(source, side)]
    elif isinstance(source, Ends) and (marks := [*source.opening, *source.closing]):
        yield Mark(marks)


def legal(text: str) -> str:
    """Without characters that XML has no place for, should a model write any."""
    return _ILLEGAL.sub("", text)


def plain_text(segment_text: str) -> str:
    """Of a segment in `xml`: its words alone."""
    return "".join(_parsed(segment_text).itertext())


def _parsed(text: str) -> Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True, huge_tree=True)
    return etree.fromstring(f"<p>{legal(text)}</p>", parser)


def _merged(items: Iterable[Item]) -> list[Item]:
    """Neighbours that look the same as one."""
    return [_one_of(list(alike)) for _, alike in groupby(items, _look)]


def _look(item: Item) -> object:
    match item:
        case Run(key=key):
            return Run, key
        case Mark():
            return Mark
    return object()  # like nothing else


def _one_of(alike: Sequence[Item]) -> Item:
    match alike[0]:
        case Run() as run:
            return replace(run, text=_text(alike))
        case Mark():
            sources = [source for one in alike if isinstance(one, Mark) for source in one.source]
            return Mark(sources, any(map(_is_word, alike)))
        case Wrap(items=inner) as wrap:
            return replace(wrap, items=_merged(inner))
    return alike[0]


def peeled(items: Sequence[Item]) -> tuple[list[Item], list[Item], list[Item]]:
    """What stands before the text, the text, what stands after it."""
    worded = [i for i, item in enumerate(items) if not isinstance(item, Mark) or _is_word(item)]
    if not worded:
        return list(items), [], []
    first, last = worded[0], worded[-1] + 1
    return list(items[:first]), list(items[first:last]), list(items[last:])


def _is_word(item: Item) -> bool:
    return isinstance(item, Mark) and item.is_word


def _text(items: Iterable[Item]) -> str:
    return "".join(_texts(items))


def _texts(items: Iterable[Item]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Run):
            yield item.text
        elif isinstance(item, Wrap):
            yield from _texts(item.items)


def _runs(items: Iterable[Item]) -> Iterator[Run]:
    for item in items:
        if isinstance(item, Run):
            yield item
        elif isinstance(item, Wrap):
            yield from _runs(item.items)


def _base_of(items: Sequence[Item]) -> Run:
    """The format of most of the text, which needs no tag."""
    lengths: Counter[Hashable] = Counter()
    examples: dict[Hashable, Run] = {}
    for run in _runs(items):
        lengths[run.key] += len(run.text)
        examples.setdefault(run.key, run)
    return examples[lengths.most_common(1)[0][0]]
