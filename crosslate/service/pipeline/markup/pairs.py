"""The tags of a block in pairs: what each stands around."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.markup.blocks import Item, Part
from crosslate.service.pipeline.text.passages import Wrap

MAX_DEPTH = 100
"""Elements within each other."""


def with_empty_elements(items: Sequence[Item]) -> list[Item]:
    """The items of a block, elements with nothing to read in them as one: as a blank where they have one."""
    found: list[Item] = []
    opened: list[int] = []
    for item in items:
        found.append(item)
        if item.part.is_read:
            opened.clear()
        elif item.part is Part.START:
            opened.append(len(found) - 1)
        elif item.part is Part.END and opened and found[opened[-1]].name == item.name:
            first = opened.pop()
            has_blank = any(one.part is Part.BLANK for one in found[first:])
            span = found[first].span[0], item.span[1]
            found[first:] = [Item(Part.BLANK if has_blank else Part.POINT, span, " " * has_blank)]
    return found


class _Open(NamedTuple):
    name: str
    span: Span
    number: int
    """Of the wrap that it will be."""


def wraps_of(text: str, items: Sequence[Item]) -> list[Wrap]:
    """What the tags of a block stand around, in the order of their beginnings, outer ones before inner ones.

    A tag without its other half stands around all up to the end of the block, as an element does that goes on
    in another one; where it overlaps with others, it stands for itself.

    Raises:
        ServiceError: 413 `markup_too_deep`.
    """
    start, end = items[0].span[0], items[-1].span[1]
    outer: list[Wrap] = []
    wraps: list[Wrap] = []
    path: list[_Open] = []
    for item in items:
        if item.part.is_text:
            continue
        written = text[slice(*item.span)]
        match item.part:
            case Part.POINT:
                wraps.append(_point(item.span, written))
            case Part.START:
                path.append(_Open(item.name, item.span, len(wraps)))
                wraps.append(_point(item.span, written))
                _check_depth(len(path) + len(outer))
            case Part.END if path and (path[-1].name == item.name or _is_open(item.name, path)):
                while path[-1].name != item.name:
                    path.pop()
                opened = path.pop()
                wraps[opened.number] = _around(opened.span, wraps[opened.number].opening, item.span, written)
            case Part.END if path:
                wraps.append(_point(item.span, written))
            case Part.END:
                outer.insert(0, Wrap((start, item.span[0]), "", written, (start, item.span[1])))
                _check_depth(len(outer))
    for opened in path:
        inner = opened.span[1], end
        wraps[opened.number] = wraps[opened.number]._replace(inner=inner, span=(opened.span[0], end))
    return [*outer, *wraps]


def _is_open(name: str, path: Sequence[_Open]) -> bool:
    return any(one.name == name for one in path)


def _point(span: Span, written: str) -> Wrap:
    return Wrap((span[0], span[0]), written, "", span)


def _around(opening: Span, opens: str, closing: Span, closes: str) -> Wrap:
    return Wrap((opening[1], closing[0]), opens, closes, (opening[0], closing[1]))


def _check_depth(depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ServiceError(
            "markup_too_deep",
            f"More than {MAX_DEPTH} elements of one paragraph stand within each other, or are not closed.",
        )
