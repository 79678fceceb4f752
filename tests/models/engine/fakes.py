"""A model without a network: deterministic scores from the source and each lane's history."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import torch

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.engine import Engine
from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.request import (
    AlignmentRequest,
    AttentionSelection,
    FinishReason,
    GenerationParams,
    Hypothesis,
    SentenceStop,
)
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.scheduler import SchedulerConfig
from crosslate.models.engine.scores.logits import LaneScores, Logits
from crosslate.models.engine.search.chooser import LaneChoice, MakeChooser
from crosslate.models.engine.search.make_chooser import make_chooser
from crosslate.models.engine.search.next_tokens import choose_tokens
from crosslate.models.engine.sequence import Sequence

EOS = 0
PAD = 1
ENDLESS = 2
"""A source with this token never ends by itself."""
VOCAB_SIZE = 24
NUM_LAYERS = 2
NUM_HEADS = 3

LIMITS = RunnerLimits(
    max_source_tokens=40,
    max_target_tokens=100_000,
    vocab_size=VOCAB_SIZE,
    source_vocab_size=VOCAB_SIZE,
    eos_token_ids=(EOS,),
    pad_token_id=PAD,
    decoder_start_token_id=None,
    num_layers=NUM_LAYERS,
    num_heads=NUM_HEADS,
)


def next_scores(source: list[int], history: list[int]) -> torch.Tensor:
    """What the fake model thinks of every token after `history`: (V,), the end ever more likely."""
    if ENDLESS in source:
        scores = torch.full((VOCAB_SIZE,), -10.0)
        scores[3 + len(history) % 7] = 10.0
        return scores
    seed = zlib.crc32(repr((source, history)).encode())
    scores = torch.randn(VOCAB_SIZE, generator=torch.Generator().manual_seed(seed))
    scores[EOS] += 4.0 * len(history) / (len(source) + 1) - 3.0
    return scores


def cross_attention(source: list[int], target: list[int], selection: AttentionSelection) -> FloatArray:
    """(L, H, T, S), or (T, S) where a layer is selected; depends on every id."""
    t = np.asarray(target, dtype=np.float32)[:, None]
    s = np.asarray(source, dtype=np.float32)[None, :]
    weights = 1.0 + np.abs(np.sin(t * 7 + s + np.arange(len(source), dtype=np.float32)))
    one = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    if selection.layer is not None:
        return cast(FloatArray, one)
    return np.broadcast_to(one, (NUM_LAYERS, NUM_HEADS, *one.shape)).copy()


class FakeCosts:
    """A byte for each source token and lane; twice that among others."""

    def needed(self, num_lanes: int, num_source_tokens: int, max_new_tokens: int) -> int:
        return max(1, num_lanes) * num_source_tokens

    def charged(self, num_lanes: int, num_source_tokens: int, max_new_tokens: int) -> int:
        return 2 * self.needed(num_lanes, num_source_tokens, max_new_tokens)


@dataclass(eq=False)
class FakeBatch:
    """Sequences of one width and what each lane has read."""

    runner: FakeRunner
    num_lanes: int
    sequences: list[Sequence] = field(default_factory=list)
    histories: dict[Sequence, list[list[int]]] = field(default_factory=dict)

    def step(self) -> list[Sequence]:
        choice = choose_tokens(self.sequences, self._scores(), self.runner.limits)
        for i, (sequence, lanes) in enumerate(zip(self.sequences, choice.tokens, strict=True)):
            assert len(lanes) == self.num_lanes
            continued = range(self.num_lanes) if choice.parents is None else choice.parents[i]
            old = self.histories[sequence]
            self.histories[sequence] = [
                [*old[parent], token] for parent, token in zip(continued, lanes, strict=True)
            ]
        return list(self.sequences)

    def _scores(self) -> Logits:
        self.runner.before_decode()
        if self.num_lanes in self.runner.failing_widths:
            raise RuntimeError("out of memory")
        rows = [
            next_scores(sequence.source_ids, history)
            for sequence in self.sequences
            for history in self.histories[sequence]
        ]
        values = torch.stack(rows)  # (N, V)
        if self.runner.shortlist is None:
            return Logits(values, None)
        vocab_ids = torch.tensor(self.runner.shortlist)
        return Logits(values[:, vocab_ids], vocab_ids)

    def leave(self, sequence: Sequence) -> None:
        self.sequences[self.sequences.index(sequence)] = self.sequences[-1]
        self.sequences.pop()
        del self.histories[sequence]


@dataclass(eq=False)
class FakeRunner:
    """Behaves as `ModelRunner` does towards the engine, and fails where it is told to."""

    limits: RunnerLimits = LIMITS
    shortlist: list[int] | None = None
    before_decode: Callable[[], None] = lambda: None
    before_attend: Callable[[], None] = lambda: None
    poison: int | None = None
    """Sources with this token cannot be encoded."""
    failing_widths: set[int] = field(default_factory=set)
    unattendable: int | None = None
    """Sources with this token cannot be attended to."""
    join_sizes: list[int] = field(default_factory=list)
    attend_sizes: list[int] = field(default_factory=list)
    align_sizes: list[int] = field(default_factory=list)
    row_costs: FakeCosts = field(default_factory=FakeCosts)
    num_bytes: int = 0
    _batches: dict[int, FakeBatch] = field(default_factory=dict)

    @property
    def batches(self) -> list[FakeBatch]:
        return [batch for batch in self._batches.values() if batch.sequences]

    def join(self, sequences: list[Sequence]) -> None:
        self.join_sizes.append(len(sequences))
        if any(self.poison in sequence.source_ids for sequence in sequences):
            raise RuntimeError("this source is poison")
        for sequence in sequences:
            assert sequence.num_lanes > 0, "an alignment joins nothing"
            batch = self._batches.setdefault(sequence.num_lanes, FakeBatch(self, sequence.num_lanes))
            batch.sequences.append(sequence)
            batch.histories[sequence] = [[] for _ in range(sequence.num_lanes)]

    def leave(self, sequences: list[Sequence]) -> None:
        for sequence in sequences:
            self._batches[sequence.num_lanes].leave(sequence)

    def extract(self, sequences: list[Sequence]) -> None:
        raise NotImplementedError("extracts are tried with a real network")

    def attend(
        self, sequences: list[Sequence], targets: list[list[int]], selections: list[AttentionSelection]
    ) -> list[FloatArray]:
        self.before_attend()
        self.attend_sizes.append(len(sequences))
        running = [sequence for batch in self.batches for sequence in batch.sequences]
        assert all(sequence in running for sequence in sequences), "attends to what has left"
        return [
            self._attention(sequence.source_ids, target, selection)
            for sequence, target, selection in zip(sequences, targets, selections, strict=True)
        ]

    def align(self, requests: list[AlignmentRequest]) -> list[FloatArray]:
        self.align_sizes.append(len(requests))
        return [self._attention(r.source_ids, r.target_ids, r.attention) for r in requests]

    def _attention(self, source: list[int], target: list[int], selection: AttentionSelection) -> FloatArray:
        if self.unattendable in source:
            raise RuntimeError("no attention here")
        return cross_attention(source, target, selection)


def make_engine(
    runner: FakeRunner,
    *,
    config: SchedulerConfig | None = None,
    default_params: GenerationParams | None = None,
    choosers: MakeChooser = make_chooser,
    clock: Callable[[], float] | None = None,
) -> Engine:
    return Engine(
        cast(ModelRunner, runner),
        config or SchedulerConfig(),
        default_params or GenerationParams(),
        choosers,
        clock or FakeClock(),
    )


@dataclass
class FakeClock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


class Gate:
    """Holds the engine's thread before each decoder step until it is let through."""

    def __init__(self) -> None:
        self._reached = threading.Semaphore(0)
        self._permits = threading.Semaphore(0)
        self._is_open = threading.Event()

    def __call__(self) -> None:
        self._reached.release()
        if not self._is_open.is_set() and not self._permits.acquire(timeout=30):
            raise TimeoutError("nobody opened the gate")

    def wait_until_reached(self) -> None:
        if not self._reached.acquire(timeout=30):
            raise TimeoutError("the engine never came to the gate")

    def open(self) -> None:
        self._is_open.set()
        self._permits.release()


class ToyBeams:
    """The simplest search that reorders lanes: the best W continuations of W, for a number of steps."""

    def __init__(self, width: int, num_steps: int) -> None:
        self.width = width
        self.num_steps = num_steps
        self.histories: list[list[int]] = [[] for _ in range(width)]
        self.scores = [0.0] + [-1e9] * (width - 1)

    def choose(self, scores: LaneScores) -> LaneChoice:
        totals = torch.log_softmax(scores.all(), dim=-1) + torch.tensor(self.scores)[:, None]  # (W, V)
        best = totals.flatten().topk(self.width)
        parents = (best.indices // VOCAB_SIZE).tolist()
        tokens = (best.indices % VOCAB_SIZE).tolist()
        self.scores = best.values.tolist()
        self.histories = [[*self.histories[p], t] for p, t in zip(parents, tokens, strict=True)]
        finished = None
        if len(self.histories[0]) == self.num_steps:
            finished = [
                Hypothesis(token_ids=ids, score=score / self.num_steps, finish_reason=FinishReason.LENGTH)
                for ids, score in zip(self.histories, self.scores, strict=True)
            ]
        return LaneChoice(tokens, parents, finished)


def make_toy_chooser(
    params: GenerationParams, source_ids: list[int], limits: RunnerLimits, stop: SentenceStop | None
) -> ToyBeams | None:
    if (params.num_beams or 1) == 1:
        return None
    return ToyBeams(params.num_beams or 1, params.max_new_tokens or 1)
