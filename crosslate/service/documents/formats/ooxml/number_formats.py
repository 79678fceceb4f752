"""Words in the formats of numbers, such as `0 "pieces"`, in workbooks and charts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml.etree import _Element as Element

from crosslate.service.documents.document import Segment
from crosslate.service.documents.inline import legal

_CODES = re.compile(r'((?:^|")(?:[^"\\]|\\.)*(?:"|$))', re.DOTALL)
"""All that is in no quotation marks, these with it."""
_WORD = re.compile(r"[^\W\d_]{3}")
"""Shorter ones are most often units, which are the same in all languages."""
_MOST_CHARACTERS = 255
"""Excel repairs a file with a longer format."""


class NumberFormat:
    """One format.

    Args:
        element: that has it.
        attribute: in which it stands; None: in the element's text.
        place: for people.
    """

    def __init__(self, element: Element, attribute: str | None, place: str) -> None:
        self._element, self._attribute = element, attribute
        code = (element.text if attribute is None else element.get(attribute)) or ""
        self._pieces = _CODES.split(code)
        self._worded = [i for i, piece in enumerate(self._pieces) if i % 2 == 0 and _is_text(piece)]
        self.segments = [Segment(self._pieces[i], "text", place) for i in self._worded]

    def put(self, translations: Sequence[str]) -> None:
        """With the codes where they were."""
        for at, text in zip(self._worded, translations, strict=True):
            self._pieces[at] = legal(text).replace('"', "'")
        code = "".join(self._pieces)
        if len(code) > _MOST_CHARACTERS:
            return
        if self._attribute is None:
            self._element.text = code
        else:
            self._element.set(self._attribute, code)


def number_formats_of(root: Element, place: str) -> Iterator[NumberFormat]:
    """Those of styles or of a chart."""
    for element in root.iter("{*}numFmt"):
        yield NumberFormat(element, "formatCode", place)
    for element in root.iter("{*}formatCode"):
        yield NumberFormat(element, None, place)


def _is_text(piece: str) -> bool:
    return _WORD.search(piece) is not None and not piece.isupper()
