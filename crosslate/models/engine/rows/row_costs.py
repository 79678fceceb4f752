"""What a sequence's row costs in memory, and which rows share a batch so that each costs its own length.

Storage is dense: a row is as long as the longest source of its batch. So only sources of like length share
one, of up to a power of two; a very long source, whose keys are most of what a step reads, is alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache

import torch

from crosslate.models.layers.state import FIRST_LENGTH, Axis, State
from crosslate.models.network.transformer import Decoder

USUAL_SOURCE = 256
"""Sources up to this length share a batch: two steps instead of one cost more than the memory is worth."""
MAX_SHARED_SOURCE = 4096
MIN_LENGTH = 64
"""The shortest bucket where shapes are fixed: fewer keys would save a step next to nothing."""
_MIN_TARGET = 64


def bucket(count: int, least: int = 1) -> int:
    """The smallest power of two that is at least `count` and `least`."""
    return max(least, 1 << (count - 1).bit_length())


def is_shared(num_source_tokens: int) -> bool:
    """Whether such a sequence shares its batch with others."""
    return num_source_tokens <= MAX_SHARED_SOURCE


def source_room(num_source_tokens: int) -> int:
    """The length that is reserved for a source."""
    return bucket(num_source_tokens, FIRST_LENGTH) if is_shared(num_source_tokens) else num_source_tokens


class RowCosts:
    """Bytes of a row, from what the decoder's modules say that they keep."""

    def __init__(self, decoder: Decoder, dtype: torch.dtype, device: torch.device) -> None:
        self._decoder = decoder
        self._dtype = dtype
        self._device = device
        self._row = cache(self._row_bytes)

    def needed(self, num_lanes: int, num_source_tokens: int, max_new_tokens: int) -> int:
        """Of a sequence that has the engine to itself; without lanes, of a source that is only aligned.

        Its target is taken to become as long as usual: what grows beyond that keeps others waiting. The
        source counts twice: while it joins, what was read of it is there beside the row.
        """
        target = bucket(min(max_new_tokens, max(2 * num_source_tokens, _MIN_TARGET)), FIRST_LENGTH)
        own, source = self._row(num_lanes, source_room(num_source_tokens), target)
        return own + 2 * source if num_lanes else source

    def charged(self, num_lanes: int, num_source_tokens: int, max_new_tokens: int) -> int:
        """Of a sequence among others: where these share storage, it may have twice the rows in use."""
        needed = self.needed(num_lanes, num_source_tokens, max_new_tokens)
        return 2 * needed if num_lanes and is_shared(num_source_tokens) else needed

    def _row_bytes(self, num_lanes: int, source_length: int, target_length: int) -> tuple[int, int]:
        """Of the target's side and of the source's."""
        states = [layer.new_state(num_lanes, self._dtype, self._device) for layer in self._decoder.layers]
        sizes: dict[Axis, int] = {
            "row": 1,
            "lane": num_lanes,
            "target": target_length,
            "source": source_length,
        }
        own = _num_bytes((layer.own for layer in states), sizes)
        return own, _num_bytes((layer.source for layer in states), sizes)


def _num_bytes(states: Iterable[State], sizes: dict[Axis, int]) -> int:
    specs = (spec for state in states for spec in state.specs.values())
    return sum(math.prod(spec.shape(sizes)) * spec.dtype.itemsize for spec in specs)
