"""Runs of words, by their numbers, and what words weigh."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from crosslate.models.tokenizers.tokenizer import Span

Weights = Sequence[float]


def heaviest(weights: Weights, *, is_prefix: bool, is_suffix: bool) -> tuple[Span, float]:
    """The run of words whose weights are most together; from the beginning, or to the end, where it must."""
    sums = list(accumulate(weights, initial=0.0))
    best, best_sum = (0, 0), 0.0
    lowest = 0
    for end in range(1, len(sums)):
        if not is_prefix and sums[end - 1] < sums[lowest]:
            lowest = end - 1
        total = sums[end] - sums[lowest]
        if total > best_sum and (not is_suffix or end == len(sums) - 1):
            best, best_sum = (lowest, end), total
    return best, best_sum


def without(span: Span, taken: Span) -> list[Span]:
    """The parts of a span that are not in another one."""
    parts = [(span[0], min(span[1], taken[0])), (max(span[0], taken[1]), span[1])]
    return [part for part in parts if part[0] < part[1]]


def share_in(outer: Span, span: Span) -> float:
    """The share of a span that lies in another one."""
    (start, end), (first, last) = outer, span
    if start <= first < last <= end:
        return 1.0
    return max(0, min(end, last) - max(start, first)) / max(last - first, 1)
