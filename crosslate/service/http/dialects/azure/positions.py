"""Places in texts as Azure tells them: in units of UTF-16, ends included, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from crosslate.service.pipeline.types import Link

Span = tuple[int, int]
"""Half open."""

_LAST_OF_ONE_UNIT = "\uffff"


class Units:
    """From a text's code points to its units of UTF-16."""

    def __init__(self, text: str) -> None:
        is_plain = text.isascii() or max(text) <= _LAST_OF_ONE_UNIT
        widths = (1 if char <= _LAST_OF_ONE_UNIT else 2 for char in text)
        self._offsets = range(len(text) + 1) if is_plain else list(accumulate(widths, initial=0))

    def __len__(self) -> int:
        return self._offsets[-1]

    def at(self, position: int) -> int:
        """How many units stand before this code point."""
        return self._offsets[position]


def projection(links: Iterable[Link], source: Units, target: Units) -> str:
    """`0:4-0:3 6:10-5:9`, in the order of the source; what has no length cannot be said so."""
    parts = (
        f"{source.at(link.source[0])}:{source.at(link.source[1]) - 1}"
        f"-{target.at(link.target[0])}:{target.at(link.target[1]) - 1}"
        for link in sorted(links, key=lambda link: (link.source, link.target))
        if link.source[0] < link.source[1] and link.target[0] < link.target[1]
    )
    return " ".join(parts)


def lengths(starts: Sequence[int], units: Units) -> list[int]:
    """Of sentences that begin at these code points; their sum is the whole text's.

    What stands between two counts with the one before, as Azure has it.
    """
    bounds = [0, *(units.at(start) for start in starts[1:]), len(units)]
    return [end - start for start, end in pairwise(bounds)]
