"""What a model makes of given outputs, such as passages of a source: the probability of each of their tokens.

They are read whole, teacher-forced, and side by side: no step waits for the one before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TypeVar

import numpy as np

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.rows.network import Network
from crosslate.models.engine.scores.logits import Scores
from crosslate.models.layers.packing import Packing, pack_ids
from crosslate.models.layers.state import State

MAX_TOKENS = 512
"""That go through the decoder at once, padding included, but for a passage that is longer: so many rows of
scores are in memory."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model makes of one target of T tokens."""

    log_probs: FloatArray
    """(T,) natural."""
    preferred: tuple[int, ...]
    """At each place the token that it finds likeliest, behind the target's own."""


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

        def read(group: Sequence[list[int]]) -> list[FloatArray]:
            scores = self._scores(source_ids, group, memories, [])
            return self._log_probs_of(scores, group)

        return _in_groups(targets, read)

    def readings(
        self, source_ids: list[int], targets: Sequence[list[int]], memories: Sequence[State]
    ) -> list[Reading]:
        """Of each target, all of whose tokens the model may write, whatever its source lets expect."""
        allowed = [token for target in targets for token in target]

        def read(group: Sequence[list[int]]) -> list[Reading]:
            scores = self._scores(source_ids, group, memories, allowed)
            values = self._log_probs_of(scores, group)
            likeliest, _ = scores.best()
            bounds = pairwise(accumulate(map(len, group), initial=0))
            preferred = [tuple(likeliest[start:end]) for start, end in bounds]
            return [Reading(*found) for found in zip(values, preferred, strict=True)]

        return _in_groups(targets, read)

    def _scores(
        self,
        source_ids: list[int],
        targets: Sequence[list[int]],
        memories: Sequence[State],
        allowed: list[int],
    ) -> Scores:
        """All tokens are lanes of one row."""
        network = self._network
        packing = Packing.of(list(map(len, targets)), network.device)
        inputs = pack_ids([[network.start_token, *ids[:-1]] for ids in targets], network.device)
        states = network.model.decoder.read_targets(inputs, packing, memories)
        projection = network.new_projection()
        projection.join(0, [source_ids], allowed)
        # (N, M) -> (1, N, M)
        scores = projection(states[None])
        if bias := network.new_copy_bias():
            bias.join(0, [source_ids])
            scores = bias.add_to(scores, inputs[None])
        return scores

    def _log_probs_of(self, scores: Scores, targets: Sequence[list[int]]) -> list[FloatArray]:
        values = scores.log_probs(pack_ids(targets, self._network.device))
        ends = np.cumsum(list(map(len, targets)))
        return np.split(values.cpu().numpy(), ends[:-1])


def _in_groups(targets: Sequence[list[int]], read: Callable[[Sequence[list[int]]], Sequence[T]]) -> list[T]:
    """What is read of each target, in order."""
    found: dict[int, T] = {}
    for group in groups_to_read(list(map(len, targets))):
        found.update(zip(group, read([targets[i] for i in group]), strict=True))
    return [found[i] for i in range(len(targets))]


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
