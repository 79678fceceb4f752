"""Places in texts as Azure tells them: in units of UTF-16, ends included, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.text.offsets import OffsetConverter, unit_length


def length(text: str) -> int:
    """Of a text."""
    return unit_length(text, "utf16")


def projection(links: Iterable[Link], source: str, target: str) -> str:
    """`0:4-0:3 6:10-5:9`, in the order of the source; what has no length cannot be said so."""
    source_units, target_units = OffsetConverter(source, "utf16"), OffsetConverter(target, "utf16")
    spans = (
        (*source_units.span(link.source), *target_units.span(link.target))
        for link in sorted(links, key=lambda link: (link.source, link.target))
    )
    return " ".join(f"{a}:{b - 1}-{c}:{d - 1}" for a, b, c, d in spans if a < b and c < d)


def lengths(starts: Sequence[int], text: str) -> list[int]:
    """Of sentences that begin at these code points; their sum is the whole text's.

    What stands between two counts with the one before, as Azure has it.
    """
    units = OffsetConverter(text, "utf16")
    bounds = [0, *(units.span((start, start))[0] for start in starts[1:]), length(text)]
    return [end - start for start, end in pairwise(bounds)]
