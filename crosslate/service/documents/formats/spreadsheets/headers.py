"""Headers and footers of printed sheets: texts with codes in them, such as `&LPage &P of &N&R&D`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml.etree import _Element as Element

from crosslate.service.documents.inline import Group, Item, Mark, Run, legal

_CODE = re.compile(
    r'(&(?:"[^"]*"|K[0-9A-Fa-f]{6}|K[0-9]{2}[+-][0-9]{3}|[0-9]+|P(?:[+-][0-9]+)?|.))', re.DOTALL
)
"""A place, a typeface, a colour, a size, a page number, or an ampersand."""
_PLACES = frozenset({"&L", "&C", "&R"})
_FIELDS = frozenset("PNDTFAZ")
"""Codes that a page, a number of pages, a date, a time or a name is shown for."""
_AMPERSAND = "&&"


class HeaderFooter:
    """One of them: what stands at the left, in the middle and at the right is translated apart.

    Args:
        element: whose text it is.
        place: for people.
    """

    def __init__(self, element: Element, place: str) -> None:
        self._element = element
        self._groups = [Group(items, place) for items in _divided(element.text or "")]
        asked = [(group, group.segment()) for group in self._groups]
        self._asked = [group for group, segment in asked if segment is not None]
        self.segments = [segment for _, segment in asked if segment is not None]

    def put(self, translations: Sequence[str]) -> None:
        """With each code beside the same words."""
        for group, text in zip(self._asked, translations, strict=True):
            group.put(text)
        self._element.text = _written([item for group in self._groups for item in group.items])


def _divided(text: str) -> Iterator[list[Item]]:
    items: list[Item] = []
    for number, piece in enumerate(_CODE.split(text)):
        if piece.upper() in _PLACES:
            yield items
            items = []
        items += [_code(piece)] if number % 2 else [Run(piece)] if piece else []
    yield items


def _code(piece: str) -> Item:
    if piece == _AMPERSAND:
        return Run("&")
    return Mark([piece], is_word=piece[1:2].upper() in _FIELDS)


def _written(items: Sequence[Item]) -> str:
    text = ""
    for item in items:
        if isinstance(item, Mark):
            text += "".join(item.source)
        elif isinstance(item, Run):
            own = legal(item.text).replace("&", _AMPERSAND)
            # A number behind the code of a size would be read as a part of it.
            text += f" {own}" if _ends_in_code(text) and own[:1].isdigit() else own
    return text


def _ends_in_code(text: str) -> bool:
    codes = list(_CODE.finditer(text))
    return bool(codes) and codes[-1].end() == len(text) and text[-1:].isdigit()
