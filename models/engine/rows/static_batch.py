"""Greedy rows on a device that must not wait for the host: fixed shapes, and tokens chosen on the device.

Each step launches the next token of every row, and only then reads the tokens of the step before. So the
host is a step behind: a row that ended is part of one more step, whose token for it nobody reads.
Rows are dense, as in `RaggedBatch`: joining appends, leaving moves the last row into the hole.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from models.attention.dot_product import key_padding_bias
from models.engine.limits import RunnerLimits
from models.engine.rows.cuda_graphs import StepRunner, StepShape
from models.engine.rows.fused_choice import choose_and_advance
from models.engine.rows.host_copies import HostCopies
from models.engine.rows.row_state import RowState
from models.engine.rows.static_storage import MIN_LENGTH, StaticStorage, bucket
from models.engine.sequence import Sequence
from models.gpu.fusing import fuse
from models.kv_cache import DecoderLayerCache, StepLayout
from models.transformer import EncoderDecoder


@dataclass(frozen=True, slots=True)
class ChosenToken:
    """What a step chose for one sequence, with its natural log-probability."""

    sequence: Sequence
    token: int
    logprob: float


@dataclass(frozen=True, slots=True)
class _Launched:
    """A step whose tokens are not read yet."""

    sequences: list[Sequence]
    """in the row order that it had"""
    copy: int


class StaticBatch:
    """Rows of sequences that have `GreedyRules`, one lane each."""

    def __init__(
        self,
        model: EncoderDecoder,
        limits: RunnerLimits,
        step_runner: StepRunner,
        *,
        num_rows: int,
        start_token: int,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        """`num_rows`: the most that will run at once."""
        self.model = model
        self.limits = limits
        self.step_runner = step_runner
        self.num_rows = num_rows
        self.start_token = start_token
        self.dtype = dtype
        self.fused = fuse(model, device)
        self.storage = StaticStorage(model.decoder, num_rows, dtype, device)
        self.state = RowState(num_rows, limits.eos_token_ids, device)
        # In double precision every token id is exact, so one copy brings tokens and log-probabilities.
        self.results = torch.zeros((2, num_rows), dtype=torch.float64, device=device)
        self.copies = HostCopies(self.results)
        self.sequences: list[Sequence] = []
        self.source_lengths: list[int] = []
        self.target_lengths: list[int] = []
        """tokens that have been launched for each row; one that ended early has fewer"""
        self._launched: _Launched | None = None
        if model.decoder.positions is not None:
            # The table must not move once a step has been recorded; aligning reads one position more.
            longest = bucket(limits.max_target_tokens + 1, MIN_LENGTH)
            model.decoder.positions(torch.zeros(1, dtype=torch.int64, device=device), longest)

    @property
    def cache(self) -> list[DecoderLayerCache]:
        """Every layer's memory; rows in the order of `sequences`."""
        return self.storage.cache

    def takes(self, sequence: Sequence) -> bool:
        """Whether this sequence can be decoded here; the answer never changes."""
        return sequence.num_lanes == 1 and sequence.rules is not None

    def join(
        self, sequences: list[Sequence], sources: list[tuple[Tensor, Tensor]], lengths: list[int]
    ) -> None:
        """Append rows with their cross-attention keys and values, 2 x (B, H, S, D) per layer.

        If it fails, no sequence has joined.
        """
        first = len(self.sequences)
        rules = [sequence.rules for sequence in sequences if sequence.rules is not None]
        self._reserve(MIN_LENGTH, bucket(sources[0][0].shape[2], MIN_LENGTH))
        self.storage.write(first, sources)
        self.state.begin(first, self.start_token, lengths, rules)
        self.sequences += sequences
        self.source_lengths += lengths
        self.target_lengths += [0] * len(sequences)

    def leave(self, sequence: Sequence) -> None:
        """Free the sequence's row. Steps that were launched before still know it by its old one."""
        row, last = self.sequences.index(sequence), len(self.sequences) - 1
        if row != last:
            self._move_row(last, row)
        self.state.vacate(last)
        self.sequences.pop()
        self.source_lengths.pop()
        self.target_lengths.pop()

    def _move_row(self, source: int, destination: int) -> None:
        self.storage.move_row(source, destination)
        self.state.move_row(source, destination)
        self.sequences[destination] = self.sequences[source]
        self.source_lengths[destination] = self.source_lengths[source]
        self.target_lengths[destination] = self.target_lengths[source]

    def step(self) -> list[ChosenToken]:
        """Launch a token of every row; returns those of the step before, for who has not ended since."""
        before, self._launched = self._launched, None
        if any(n < s.max_new_tokens for n, s in zip(self.target_lengths, self.sequences, strict=True)):
            self._launched = self._launch()
        return [] if before is None else self._read(before)

    def _launch(self) -> _Launched:
        self.target_lengths = [
            min(length + 1, sequence.max_new_tokens)
            for length, sequence in zip(self.target_lengths, self.sequences, strict=True)
        ]
        shape = StepShape(
            num_rows=min(bucket(len(self.sequences)), self.num_rows),
            target_length=bucket(max(self.target_lengths), MIN_LENGTH),
            source_length=bucket(max(self.source_lengths), MIN_LENGTH),
        )
        self._reserve(shape.target_length, shape.source_length)
        cells = self.storage.cells
        state = [self.state.values] if cells is None else [self.state.values, cells]
        self.step_runner.run(shape, partial(self._compute, shape), state)
        return _Launched(list(self.sequences), self.copies.start())

    def _reserve(self, target_length: int, source_length: int) -> None:
        if self.storage.reserve(target_length, source_length):
            self.step_runner.forget()

    def _compute(self, shape: StepShape) -> None:
        """The step itself, on the first rows of every tensor."""
        num_rows, state, decoder = shape.num_rows, self.state, self.model.decoder
        layout = self._layout(shape)
        if self.fused is not None:
            states = decoder.step(state.tokens(num_rows), self.storage.cache, layout, self.fused)
            choose_and_advance(self.fused.scores(states.flatten(0, 1)), state, self.results)
            return
        states = decoder.step(state.tokens(num_rows), self.storage.cache, layout)
        # (R, 1, M) -> (R, V)
        tokens, logprobs = state.choose(self.model.logits(states.flatten(0, 1)).float())
        self.results[0, :num_rows] = tokens
        self.results[1, :num_rows] = logprobs
        state.advance(tokens)

    def _layout(self, shape: StepShape) -> StepLayout:
        """With each row's lengths for kernels that heed them, else with masks."""
        positions = self.state.positions(shape.num_rows)
        source_lengths = self.state.source_lengths(shape.num_rows)
        heeds_lengths = self.fused is not None
        return StepLayout(
            num_rows=shape.num_rows,
            positions=positions,
            longest_target=shape.target_length,
            longest_source=shape.source_length,
            self_bias=None if heeds_lengths else self._mask(positions + 1, shape.target_length),
            cross_bias=None if heeds_lengths else self._mask(source_lengths, shape.source_length),
            lane_lengths=positions + 1 if heeds_lengths else None,
            source_lengths=source_lengths.contiguous() if heeds_lengths else None,
        )

    def _mask(self, lengths: Tensor, longest: int) -> Tensor:
        return key_padding_bias(lengths, longest, self.dtype)

    def _read(self, launched: _Launched) -> list[ChosenToken]:
        tokens, logprobs = self.copies.read(launched.copy)[:, : len(launched.sequences)].tolist()
        return [
            ChosenToken(sequence, int(token), logprob)
            for sequence, token, logprob in zip(launched.sequences, tokens, logprobs, strict=True)
            if sequence.finish_reason is None
        ]
