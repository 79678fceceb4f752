"""Which of the blanks between two words is read where there are tags among them; the others go with a tag."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crosslate.service.pipeline.markup.blocks import Item, Part
from crosslate.service.pipeline.placement.signs import ends_phrase


def joints(items: Sequence[Item]) -> Iterator[Item]:
    """The items of a block with at most one blank between two words, and none at the ends.

    Tags have the other blanks, in their spans, so that they are written again where the tag is.
    """
    between: list[Item] = []
    is_first = True
    for item in items:
        if not item.part.is_read:
            between.append(item)
            continue
        if is_first or not _is_plain(between):
            between = list(_joint(between, None if is_first else item))
        yield from between
        yield item
        between, is_first = [], False
    yield from _joint(between, None, is_last=True)


def _joint(between: Sequence[Item], following: Item | None, *, is_last: bool = False) -> Iterator[Item]:
    """What is between two words; at an end of a block there is no following one."""
    merged = list(_merged(between))
    chosen = None if following is None else _chosen(merged, following)
    is_first = following is None and not is_last
    # Those before the one that is read go with the tag behind them, those after it with the tag before.
    last_prefix = len(merged) if chosen is None and not is_first else chosen or 0
    for number, item in enumerate(merged):
        if item.part is Part.BLANK:
            if number == chosen:
                yield item
            continue
        start, end = item.span
        if 0 < number < last_prefix and merged[number - 1].part is Part.BLANK:
            start = merged[number - 1].span[0]
        following_blank = merged[number + 1 : number + 2]
        if number >= last_prefix and following_blank and following_blank[0].part is Part.BLANK:
            end = following_blank[0].span[1]
        yield item._replace(span=(start, end))


def _is_plain(between: Sequence[Item]) -> bool:
    """Whether there is one blank at most, and tags only: it is read, wherever among them it stands."""
    parts = [item.part for item in between]
    return Part.POINT not in parts and parts.count(Part.BLANK) <= 1


def _merged(between: Sequence[Item]) -> Iterator[Item]:
    """With blanks beside each other as one."""
    blank: Item | None = None
    for item in between:
        if item.part is Part.BLANK:
            blank = item if blank is None else blank._replace(span=(blank.span[0], item.span[1]))
            continue
        if blank is not None:
            yield blank
            blank = None
        yield item
    if blank is not None:
        yield blank


def _chosen(between: Sequence[Item], following: Item) -> int | None:
    """The number of the blank that is read: behind what ends, and before what begins."""
    blanks = [number for number, item in enumerate(between) if item.part is Part.BLANK]
    if not blanks:
        return None
    ending = [number for number, item in enumerate(between) if item.part in (Part.END, Part.POINT)]
    last = ending[-1] if ending else -1
    if behind := [number for number in blanks if number > last]:
        return behind[0]
    if between[last].part is not Part.END and following.text and ends_phrase(following.text[0]):
        return None
    return blanks[-1]
