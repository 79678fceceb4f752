"""Elements of a source, and where they stand in a translation; nothing here knows what one looks like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.placement.copied_words import whole_words


class Element(NamedTuple):
    """What stands around a span of a source, or at a place in it: a tag, a run of a document, a term."""

    span: Span
    """In the source; empty: at this place, with nothing in it."""
    parent: int | None = None
    """The number of the element that it is in, which is a lower one."""
    begins_before: bool = False
    """Its beginning is not in this source: what is in it begins with the translation."""
    ends_after: bool = False
    """Likewise with its end."""
    parts_words: bool = False
    """Of a point: it stands against words at both sides, with no blank but one that was put there."""

    @property
    def is_point(self) -> bool:
        """Whether there is nothing in it."""
        return self.span[0] == self.span[1]


class Words(NamedTuple):
    """Spans of the words of a text and of its translation, as `segment_words` has them."""

    source: Sequence[Span]
    target: Sequence[Span]


class Border(NamedTuple):
    """Where an element begins or ends, or stands where it is a point."""

    at: int
    """In the translation."""
    element: int
    side: Literal["start", "end", "point"]


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the elements of a source stand in its translation."""

    borders: Sequence[Border]
    """In the order in which they are to be written: well nested, and never falling."""
    guessed: Sequence[int]
    """The elements that no link says the place of."""

    def spans(self) -> dict[int, Span]:
        """Of each element, by its number."""
        starts = {border.element: border.at for border in self.borders if border.side != "end"}
        ends = {border.element: border.at for border in self.borders if border.side != "start"}
        return {number: (start, ends[number]) for number, start in sorted(starts.items())}


@dataclass(slots=True)
class Node:
    """An element while it is being placed."""

    number: int
    element: Element
    text: Span
    """In the source: the words that it has some of."""
    has_words: bool
    """Letters or digits; else it is a point, or stands around signs."""
    children: list[Node] = field(default_factory=list)
    target: Span = (0, 0)
    """In words of the translation; without words, how many are before it."""
    is_before_word: bool = False
    """Of what has no words: it belongs to the word after it."""
    signs: Span | None = None
    """In the translation: the signs that it is around, where it has no words."""
    between: Span | None = None
    """Likewise, with all that is around these signs as it is in the source."""
    behind: Span = (0, 0)
    """Of a point: the signs of the node before it."""

    @property
    def is_open(self) -> bool:
        """Whether only its beginning, or its end, stands in this source."""
        one = self.element
        return (one.begins_before or one.ends_after) and not one.is_point

    @property
    def key(self) -> tuple[Span, bool, Span]:
        """What nodes beside each other are ordered by."""
        return self.target, self.is_before_word, self.between or self.signs or self.behind

    def descendants(self) -> Iterator[Node]:
        """All that is in it, outer ones first."""
        for child in self.children:
            yield child
            yield from child.descendants()


def nodes_of(elements: Sequence[Element], source: str, words: Sequence[Span]) -> list[Node]:
    """Elements to be placed, each with those in it; `words` are of the source, in order."""
    nodes = [
        Node(
            number,
            element,
            text=element.span if element.is_point else whole_words(element.span, words),
            has_words=any(map(str.isalnum, source[slice(*element.span)])),
        )
        for number, element in enumerate(elements)
    ]
    for node in nodes:
        if node.element.parent is not None:
            nodes[node.element.parent].children.append(node)
    return nodes


def is_last(element: Element, outer: Span, source: str) -> bool:
    """Whether a point ends an element around it, in which it stands behind a word."""
    start, end = element.span
    is_inside = element.is_point and end == outer[1] < len(source)
    return is_inside and any(map(str.isalnum, source[outer[0] : start]))
