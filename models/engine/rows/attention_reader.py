"""Picking out of a teacher-forced pass what was asked for, a layer at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from torch import Tensor

from models.arrays import FloatArray
from models.engine.limits import RunnerLimits
from models.engine.request import AttentionSelection

MAX_WEIGHTS = 1 << 24
"""Weights of one layer that go through the decoder at once, padding included: 64 MiB."""


class AttentionReader:
    """One target's attention, filled in as its layers are computed.

    Attributes:
        values: `(T, S)`, or `(L, H, T, S)` where the selection names no layer.
    """

    def __init__(
        self, selection: AttentionSelection, limits: RunnerLimits, num_targets: int, num_sources: int
    ) -> None:
        self._num_heads = limits.num_heads
        self._selection = selection
        self._first = 0 if selection.row == "output" else 1
        stacked = () if selection.layer is not None else (limits.num_layers, limits.num_heads)
        self._num_layers = limits.num_layers
        self._num_targets = num_targets
        self._num_sources = num_sources
        self.values: FloatArray = np.empty((*stacked, num_targets, num_sources), dtype=np.float32)

    @property
    def wanted(self) -> Mapping[int, Sequence[int]]:
        """Layer -> the heads that are to be read of it."""
        layer, heads = self._selection.layer, self._selection.heads
        everything = range(self._num_heads)
        if layer is None:
            return dict.fromkeys(range(self._num_layers), everything)
        return {layer: everything if heads is None else heads}

    def read(self, layer: int, heads: Sequence[int], weights: Tensor) -> None:
        """Take what is wanted of this target's `weights` (len(heads), T' + 1, S') of a layer."""
        mine = self.wanted.get(layer)
        if mine is None:
            return
        weights = weights[:, self._first : self._first + self._num_targets, : self._num_sources]
        if self._selection.layer is None:
            self.values[layer] = weights.cpu().numpy()
            return
        places = [heads.index(head) for head in mine]
        self.values[...] = weights[places].mean(dim=0).cpu().numpy()


def wanted_heads(readers: Sequence[AttentionReader]) -> dict[int, list[int]]:
    """Layer -> heads that any of the readers wants."""
    heads: dict[int, set[int]] = {}
    for reader in readers:
        for layer, wanted in reader.wanted.items():
            heads.setdefault(layer, set()).update(wanted)
    return {layer: sorted(heads[layer]) for layer in sorted(heads)}


def groups_to_attend(lengths: Sequence[tuple[int, int]], num_heads: int) -> Iterator[list[int]]:
    """Indices of sources and targets of these lengths, in groups of like length that memory holds.

    `lengths` are those of each source and its target. A pair that is too large by itself is a group.
    """
    group: list[int] = []
    longest_source = longest_target = 0
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        num_sources, num_targets = lengths[i]
        longest_source, longest_target = max(longest_source, num_sources), max(longest_target, num_targets)
        if group and (len(group) + 1) * num_heads * longest_source * (longest_target + 1) > MAX_WEIGHTS:
            yield group
            group, longest_source, longest_target = [], num_sources, num_targets
        group.append(i)
    if group:
        yield group
