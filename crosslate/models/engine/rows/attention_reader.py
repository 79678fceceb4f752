"""Cross-attention of given targets by a teacher-forced pass, of which only what was asked for is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.request import AttentionSelection
from crosslate.models.engine.rows.network import Network
from crosslate.models.layers.state import State

MAX_WEIGHTS = 1 << 24
"""Weights of one layer that go through the decoder at once, padding included: 64 MiB."""


@dataclass(frozen=True, slots=True)
class AttentionQuery:
    """A source and a target, and what is wanted of the attention between them."""

    source_ids: list[int]
    target_ids: list[int]
    selection: AttentionSelection


ReadMemories = Callable[[list[int], int], list[State]]
"""(indices of queries, n) -> the first n layers' memories of their sources, up to the longest."""


class AttentionPass:
    """Many targets go through the decoder at once: as many as memory should hold."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._limits = network.limits

    def read(self, queries: Sequence[AttentionQuery], memories: ReadMemories) -> list[FloatArray]:
        """Per query `(T, S)`, or `(L, H, T, S)` where the selection names no layer; rows sum to 1."""
        lengths = [(len(query.source_ids), len(query.target_ids)) for query in queries]
        maps: dict[int, FloatArray] = {}
        for group in groups_to_attend(lengths, self._limits.num_heads):
            found = self._read_together([queries[i] for i in group], partial(memories, group))
            maps.update(zip(group, found, strict=True))
        return [maps[i] for i in range(len(queries))]

    def _read_together(
        self, queries: list[AttentionQuery], memories: Callable[[int], list[State]]
    ) -> list[FloatArray]:
        readers = [AttentionReader(query, self._limits) for query in queries]
        wanted = wanted_heads(readers)
        source_lengths = torch.tensor(
            [len(query.source_ids) for query in queries], device=self._network.device
        )
        known = memories(max(wanted) + 1)
        inputs = self._shifted([query.target_ids for query in queries])
        for layer, weights in self._network.model.decoder.read(inputs, known, source_lengths, wanted):
            for row, reader in enumerate(readers):
                reader.read(layer, wanted[layer], weights[row])
        return [reader.values for reader in readers]

    def _shifted(self, targets: list[list[int]]) -> Tensor:
        # what the decoder reads: the start, then the target; (B, T + 1)
        longest = max(map(len, targets))
        pad = self._limits.pad_token_id
        rows = [[self._network.start_token, *ids] + [pad] * (longest - len(ids)) for ids in targets]
        return torch.tensor(rows, device=self._network.device)


class AttentionReader:
    """One target's attention, filled in as its layers are computed.

    Attributes:
        values: `(T, S)`, or `(L, H, T, S)` where the selection names no layer.
    """

    def __init__(self, query: AttentionQuery, limits: RunnerLimits) -> None:
        selection, num_targets, num_sources = query.selection, len(query.target_ids), len(query.source_ids)
        self._num_heads = limits.num_heads
        self._selection = selection
        self._steps = steps_of(query.target_ids, selection, limits)
        stacked = () if selection.layer is not None else (limits.num_layers, limits.num_heads)
        self._num_layers = limits.num_layers
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
        weights = weights[:, self._steps, : self._num_sources]
        if self._selection.layer is None:
            self.values[layer] = weights.cpu().numpy()
            return
        places = [heads.index(head) for head in mine]
        self.values[...] = weights[places].mean(dim=0).cpu().numpy()


def steps_of(target_ids: Sequence[int], selection: AttentionSelection, limits: RunnerLimits) -> list[int]:
    """For each target token the step that stands for it: step t produces token t and reads the one before."""
    num_targets = len(target_ids)
    if selection.row == "output":
        return list(range(num_targets))
    is_ended = bool(target_ids) and target_ids[-1] in limits.eos_token_ids
    last = num_targets - 1 if is_ended else num_targets
    return [min(step, last) for step in range(1, num_targets + 1)]


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
