"""Places of a document that hold text, whatever they are; and the document that they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from lxml.etree import _Element as Element

from crosslate.service.documents.document import Document, Segment, has_words
from crosslate.service.documents.inline import legal


class Unit(Protocol):
    """What has segments of its own, none or several, and takes their translations."""

    @property
    def segments(self) -> Sequence[Segment]:
        """What there is to translate."""
        ...

    def put(self, translations: Sequence[str]) -> None:
        """Take the translations of `segments`."""
        ...


class Leaf:
    """An element that holds nothing but text."""

    def __init__(self, element: Element, place: str) -> None:
        self._element = element
        text = element.text or ""
        self.segments = [Segment(text, "text", place)] if has_words(text) else []

    def put(self, translations: Sequence[str]) -> None:
        """Replace the text."""
        for text in translations:
            self._element.text = legal(text)


class Attribute:
    """An attribute that a reader sees."""

    def __init__(self, element: Element, name: str, place: str) -> None:
        self._element, self._name = element, name
        text = element.get(name, "")
        self.segments = [Segment(text, "text", place)] if has_words(text) else []

    def put(self, translations: Sequence[str]) -> None:
        """Replace the value."""
        for text in translations:
            self._element.set(self._name, legal(text))


class AttributePattern:
    """An attribute in which words stand among codes, such as `Chapter %1`.

    Args:
        element: that has it, or not.
        name: the attribute's.
        codes: what is not translated, in one group.
        place: for people.
    """

    def __init__(self, element: Element, name: str, codes: re.Pattern[str], place: str) -> None:
        self._element, self._name = element, name
        self._pieces = codes.split(element.get(name, ""))
        self._worded = [i for i, piece in enumerate(self._pieces) if i % 2 == 0 and has_words(piece)]
        self.segments = [Segment(self._pieces[i], "text", place) for i in self._worded]

    def put(self, translations: Sequence[str]) -> None:
        """With the codes where they were."""
        for at, text in zip(self._worded, translations, strict=True):
            self._pieces[at] = legal(text)
        self._element.set(self._name, "".join(self._pieces))


@dataclass(frozen=True, slots=True)
class Nested:
    """A whole document inside another one; `take` gets its bytes."""

    document: Document
    take: Callable[[bytes], None]

    @property
    def segments(self) -> Sequence[Segment]:
        """Those of the inner document."""
        return self.document.segments

    def put(self, translations: Sequence[str]) -> None:
        """Write it."""
        self.take(self.document.write(translations))


def document_of(units: Sequence[Unit], finish: Callable[[], bytes], notices: Sequence[str] = ()) -> Document:
    """The document whose text stands in these units; `finish` writes it once they have their translations."""
    asked = [unit for unit in units if unit.segments]
    segments = [segment for unit in asked for segment in unit.segments]

    def write(translations: Sequence[str]) -> bytes:
        at = 0
        for unit in asked:
            number = len(unit.segments)
            unit.put(translations[at : at + number])
            at += number
        return finish()

    return Document(segments, write, notices)
