"""Points that stand against words at both sides: they keep these apart, so that they stand between them."""

from __future__ import annotations

from collections.abc import Sequence

from crosslate.service.pipeline.placement.link_weights import WordLink


def between_words(links: Sequence[WordLink], source: str, place: int) -> int | None:
    """How many words of a translation are before such a point.

    None where the words that are linked to those at its sides are not beside each other.

    Args:
        links: in the order of the source.
        source: as it was read.
        place: of the point in it.
    """
    before = max((word for word, _, _ in links if word[1] <= place), default=(0, 0))
    behind = min((word for word, _, _ in links if word[0] >= place), default=(place, place))
    if any(map(str.isalnum, source[before[1] : behind[0]])):
        return None
    numbers = [[number for word, number, _ in links if word == one] for one in (before, behind)]
    if not all(numbers):
        return None
    first, last = sorted(numbers)
    return min(last) if max(first) + 1 == min(last) else None
