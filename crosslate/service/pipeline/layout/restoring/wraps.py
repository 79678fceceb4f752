"""Inline marks into a translation: around the words that are linked to the words that they stood around."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.layout.restoring.placing import Edit
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.placement.elements import Border, Element, Words
from crosslate.service.pipeline.placement.placement import place
from crosslate.service.pipeline.text.origin import DerivedText
from crosslate.service.pipeline.text.passages import Wrap
from crosslate.service.pipeline.text.words import is_unspaced

_OPENING = "([{\"'“‘«¿¡/"


@dataclass(frozen=True, slots=True)
class PlacedWraps:
    """Where the marks of a part go."""

    edits: list[Edit]
    """Of the translation; at the same place in the order in which they are to stand."""
    guessed: list[Span]
    """In the sent text: the marks whose words no word of the translation is linked to."""


def place_wraps(
    text: str,
    wraps: Sequence[Wrap],
    links: Sequence[Link],
    source: DerivedText,
    *,
    fixed: Sequence[Span] = (),
    words: Words | None = None,
) -> PlacedWraps:
    """Where marks go in a translation.

    Args:
        text: the translation, without marks.
        wraps: the marks within its source, outer ones before inner ones.
        links: from what was read, the text of `source`, to `text`, in code points.
        source: as it was read.
        fixed: spans of `text` that no mark may stand in.
        words: of both texts, where they are known.
    """
    placement = place(list(_elements(wraps, source)), links, source.text, text, fixed=fixed, words=words)
    edits = [
        ((border.at, border.at), written)
        for border in placement.borders
        if (written := _written(wraps[border.element], border, text))
    ]
    return PlacedWraps(edits, [wraps[number].span for number in placement.guessed])


def _written(wrap: Wrap, border: Border, text: str) -> str:
    if wrap.is_word:
        return _parted(wrap.opening, text[max(border.at - 1, 0) : border.at], text[border.at : border.at + 1])
    if border.side == "point":  # what a wrap was around may be nothing to a model
        return wrap.opening + wrap.closing
    return wrap.opening if border.side == "start" else wrap.closing


def _parted(word: str, before: str, after: str) -> str:
    """With blanks where words stand beside it."""
    begins = not before or before.isspace() or before in _OPENING or is_unspaced(before)
    goes_on = bool(after) and (after.isalnum() or after in _OPENING) and not is_unspaced(after)
    return ("" if begins else " ") + word + (" " if goes_on else "")


def _elements(wraps: Sequence[Wrap], source: DerivedText) -> Iterator[Element]:
    """The marks as elements of what was read."""
    starts, ends = source.origin.starts[:-1].tolist(), source.origin.ends[1:].tolist()
    path: list[int] = []
    for number, wrap in enumerate(wraps):
        while path and wraps[path[-1]].inner[1] < wrap.inner[1]:
            path.pop()
        first = bisect_right(ends, wrap.inner[0])
        last = first if wrap.is_point else max(first, bisect_left(starts, wrap.inner[1]))
        parent = path[-1] if path else None
        parts_words = wrap.is_point and 0 < first < len(starts) and starts[first - 1] > ends[first - 1]
        yield Element((first, last), parent, not wrap.opening, not wrap.closing, parts_words)
        if not wrap.is_point:
            path.append(number)
