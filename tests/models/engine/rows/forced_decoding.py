"""A runner that is fed tokens and parents of the test's choice, beside a network that is computed anew."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Protocol

import torch

from crosslate.models.engine.request import GenerationRequest
from crosslate.models.engine.rows.batch import Batch
from crosslate.models.engine.rows.ragged_batch import RaggedBatch
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.sequence import Sequence
from tests.models.families.marian_student import Matrix

ATOL = 2e-4
"""float32 beside float64; the students' sharp attention amplifies rounding."""


class Reference(Protocol):
    """The network once more."""

    def decode(self, source: list[int], target: list[int]) -> tuple[Matrix, list[Matrix]]:
        """Logits after the start and after each of `target`, (T + 1, V), and (H, T + 1, S) per layer."""
        ...


def ragged(batch: Batch) -> RaggedBatch:
    assert isinstance(batch, RaggedBatch)
    return batch


def make_sequence(source: list[int], *, num_lanes: int = 1) -> Sequence:
    return Sequence(request=GenerationRequest(source_ids=source), arrival_s=0.0, num_lanes=num_lanes)


@dataclass(eq=False)
class Tracked:
    """A sequence, what each of its lanes has read, and the scores that each lane got on the way there."""

    sequence: Sequence
    histories: list[list[int]] = field(default_factory=list)
    scores: list[list[torch.Tensor]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.histories = [[] for _ in range(self.sequence.num_lanes)]
        self.scores = [[] for _ in range(self.sequence.num_lanes)]


class ForcedDecoding:
    """Feeds tokens and parents of the test's choice to a runner and keeps book of what should be there."""

    def __init__(
        self, reference: Reference, vocab_size: int, runner: ModelRunner, rng: random.Random
    ) -> None:
        self.reference = reference
        self.vocab_size = vocab_size
        self.runner = runner
        self.rng = rng
        self.running: dict[Sequence, Tracked] = {}

    def join(self, sequences: list[Sequence]) -> None:
        self.runner.join(sequences)
        self.running |= {sequence: Tracked(sequence) for sequence in sequences}

    def step(self) -> None:
        for batch in map(ragged, self.runner.batches):
            width = batch.num_lanes
            scores = batch.decode().over_vocabulary(slice(None), self.vocab_size)
            tokens, parents = [], []
            for row, sequence in enumerate(batch.sequences):
                tracked = self.running[sequence]
                for lane in range(width):
                    tracked.scores[lane].append(scores[row * width + lane].clone())
                tokens.append([self.rng.randrange(self.vocab_size) for _ in range(width)])
                parents.append([self.rng.randrange(width) for _ in range(width)])
                self._continue(tracked, tokens[-1], parents[-1])
            batch.advance(tokens, parents if width > 1 else None)

    def _continue(self, tracked: Tracked, tokens: list[int], parents: list[int]) -> None:
        old_histories, old_scores = tracked.histories, tracked.scores
        tracked.histories = [[*old_histories[p], t] for p, t in zip(parents, tokens, strict=True)]
        tracked.scores = [list(old_scores[p]) for p in parents]

    def leave(self, sequence: Sequence) -> Tracked:
        self.runner.leave([sequence])
        return self.running.pop(sequence)

    def check(self, tracked: Tracked, candidates: list[int] | None = None, *, atol: float = ATOL) -> None:
        """Every score that led to this sequence's lanes is the reference's, teacher-forced.

        With `candidates`, no other tokens have a score.
        """
        source = tracked.sequence.source_ids
        for history, scores in zip(tracked.histories, tracked.scores, strict=True):
            if not history:
                continue
            found = torch.stack(scores)
            expected = torch.from_numpy(self.reference.decode(source, history[:-1])[0]).to(found.dtype)
            if candidates is not None:
                allowed = torch.zeros(self.vocab_size, dtype=torch.bool)
                allowed[candidates] = True
                expected[:, ~allowed] = float("-inf")
            torch.testing.assert_close(found, expected, rtol=0, atol=atol)


def random_source(rng: random.Random, vocab_size: int) -> list[int]:
    return [rng.randrange(1, vocab_size) for _ in range(rng.randint(1, 40))] + [0]
