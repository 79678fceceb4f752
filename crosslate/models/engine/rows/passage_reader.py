"""What a model makes of passages of a source: the probability of each as the beginning of its output.

The passages are read whole, teacher-forced, and side by side: no step waits for the one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.rows.network import Network
from crosslate.models.packing import Packing, pack_ids
from crosslate.models.state import State

MAX_TOKENS = 512
"""That go through the decoder at once, padding included, but for a passage that is longer: so many rows of
scores are in memory."""


class PassagePass:
    """Reads under the rules that the model writes by."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def log_probs(
        self, source_ids: list[int], targets: Sequence[list[int]], memories: Sequence[State]
    ) -> list[FloatArray]:
        """Of each target's tokens, natural; minus infinity where the model may not write one.

        `memories` are the layers' of this source alone.
        """
        found: dict[int, FloatArray] = {}
        for group in groups_to_read(list(map(len, targets))):
            values = self._read_together(source_ids, [targets[i] for i in group], memories)
            found.update(zip(group, values, strict=True))
        return [found[i] for i in range(len(targets))]

    def _read_together(
        self, source_ids: list[int], targets: Sequence[list[int]], memories: Sequence[State]
    ) -> list[FloatArray]:
        network = self._network
        packing = Packing.of(list(map(len, targets)), network.device)
        inputs = pack_ids([[network.start_token, *ids[:-1]] for ids in targets], network.device)
        states = network.model.decoder.read_targets(inputs, packing, memories)
        projection = network.new_projection()
        projection.join(0, [source_ids], [[]])
        # All tokens are lanes of one row: (N, M) -> (1, N, M)
        scores = projection(states[None])
        if bias := network.new_copy_bias():
            bias.join(0, [source_ids])
            scores = bias.add_to(scores, inputs[None])
        values = scores.log_probs(pack_ids(targets, network.device))
        ends = np.cumsum(list(map(len, targets)))
        return np.split(values.cpu().numpy(), ends[:-1])


def groups_to_read(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Indices of targets of these lengths, in groups of like length that are read at once."""
    group: list[int] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if group and (len(group) + 1) * lengths[i] > MAX_TOKENS:
            yield group
            group = []
        group.append(i)
    if group:
        yield group
