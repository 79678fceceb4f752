"""What XLIFF's elements without words stand for: values of a program, tags, ends of lines."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

from lxml.etree import _Element as Element

from crosslate.service.pipeline.markup.codes import Meaning, half_of_pair, meaning_of, stands_free


@dataclass(frozen=True, slots=True)
class Codes:
    """The elements of one file, or of one unit, that stand for something of the text's own format."""

    tags: frozenset[str]
    data: Mapping[str, str] = field(default_factory=dict)
    """Of version 2: what elements refer to, by its id."""

    def meaning(self, element: Element) -> Meaning | None:
        """What an element stands for; one that says nothing is a value where a word would stand."""
        if element.tag not in self.tags:
            return None
        found = meaning_of(_attributes(element), self._content(element))
        return Meaning.VALUE if found is None and _stands_free(element) else found

    def opens(self, element: Element) -> Hashable | None:
        """The name of the tag that it stands for, if that opens something."""
        return self._half(element, closes=False)

    def closes(self, element: Element) -> Hashable | None:
        """Likewise, if that closes something."""
        return self._half(element, closes=True)

    def _half(self, element: Element, *, closes: bool) -> Hashable | None:
        if element.tag not in self.tags:
            return None
        half = half_of_pair(_attributes(element), self._content(element))
        return ("tag", half[1]) if half is not None and half[0] is closes else None

    def _content(self, element: Element) -> str:
        return self.data.get(element.get("dataRef", "")) or "".join(element.itertext())


def _attributes(element: Element) -> dict[str, str]:
    return {str(name): str(value) for name, value in element.attrib.items()}


def _stands_free(element: Element) -> bool:
    """Whether it stands where a word would, and beside no other element."""
    previous, following, parent = element.getprevious(), element.getnext(), element.getparent()
    before = (parent.text if previous is None else previous.tail) or ""
    after = element.tail or ""
    if (previous is not None and not before) or (following is not None and not after):
        return False
    return stands_free(before, after)
