"""Drop caps of Word: a paragraph's first letter, which stands in a frame and so in a paragraph of its own.

"O" and "nce upon a time" are no texts. The letter is read with its paragraph, and the translation's first
letter takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.etree import _Element as Element

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_FIRST = re.compile(r"\s*([^\w\s]*\w)")
_MOST_CHARACTERS = 3
"""A letter with a quote before it; a first word that stands in a frame is read by itself."""


@dataclass(frozen=True, slots=True)
class DropCap:
    """One that has been joined with its paragraph."""

    letter: Element
    """Its text."""
    paragraph: Element
    """That it is the beginning of."""

    def part(self) -> None:
        """Move the first letter of what the paragraph says now into the frame."""
        for text in _texts(self.paragraph):
            if first := _FIRST.match(text.text or ""):
                self.letter.text = first[1]
                text.text = (text.text or "")[first.end() :]
                text.set(_SPACE, "preserve")
                return


def joined_drop_caps(root: Element) -> Iterator[DropCap]:
    """Move the letters of a part's drop caps into their paragraphs; each is to `part` from it again."""
    for framed in root.iter(f"{_W}p"):
        frame, paragraph = framed.find(f"{_W}pPr/{_W}framePr"), framed.getnext()
        if frame is None or frame.get(f"{_W}dropCap", "none") == "none":
            continue
        if paragraph is None or paragraph.tag != framed.tag:
            continue
        letters, texts = list(_texts(framed)), list(_texts(paragraph))
        if len(letters) == 1 and texts and 0 < len(letters[0].text or "") <= _MOST_CHARACTERS:
            texts[0].text = f"{letters[0].text}{texts[0].text or ''}"
            letters[0].text = ""
            yield DropCap(letters[0], paragraph)


def _texts(paragraph: Element) -> Iterator[Element]:
    """Those of the paragraph itself, not of a text box in it."""
    for text in paragraph.iter(f"{_W}t"):
        if next(text.iterancestors(f"{_W}p")) is paragraph:
            yield text
