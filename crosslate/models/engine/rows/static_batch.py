"""Greedy rows on a device that must not wait for the host: fixed shapes, and tokens chosen on the device.

Each step launches the next token of every row, and only then reads the tokens of the step before. So the
host is a step behind: a row that ended is part of one more step, whose token for it nobody reads.
Rows of storage are there from the beginning, and lengths grow by buckets (powers of two), rarely: then
tensors are at other places, and what was recorded over the old ones is void.
"""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from crosslate.models.engine.rows.batch import Batch
from crosslate.models.engine.rows.cuda_graphs import StepRunner, StepShape
from crosslate.models.engine.rows.fused_choice import choose_and_advance
from crosslate.models.engine.rows.host_copies import HostCopies
from crosslate.models.engine.rows.network import Network
from crosslate.models.engine.rows.row_costs import MIN_LENGTH, bucket, is_shared
from crosslate.models.engine.rows.row_state import RowState
from crosslate.models.engine.search.next_tokens import extend_greedy
from crosslate.models.engine.sequence import Sequence
from crosslate.models.gpu.fusing import fuse
from crosslate.models.layers.masks import key_padding_bias
from crosslate.models.layers.state import State
from crosslate.models.layers.step_layout import StepLayout


@dataclass(frozen=True, slots=True)
class _Launched:
    """A step whose tokens are not read yet."""

    sequences: list[Sequence]
    """in the row order that it had"""
    copy: int


class StaticBatch(Batch):
    """Rows of sequences that have `GreedyRules`, one lane each."""

    def __init__(self, network: Network, step_runner: StepRunner, *, num_rows: int) -> None:
        """`num_rows`: the most that will run at once."""
        model, limits, device = network.model, network.limits, network.device
        super().__init__(1, model.decoder.new_state(1, network.dtype, device, is_joint=True))
        self.state.reserve(num_rows, MIN_LENGTH, MIN_LENGTH)
        self.network = network
        self.model = model
        self.step_runner = step_runner
        self.num_rows = num_rows
        self.fused = fuse(model, device)
        self.rows = RowState(num_rows, limits.eos_token_ids, device)
        # In double precision every token id is exact, so one copy brings tokens and log-probabilities.
        self.results = torch.zeros((2, num_rows), dtype=torch.float64, device=device)
        self.copies = HostCopies(self.results)
        self._launched: _Launched | None = None
        if model.decoder.positions is not None:
            # The table must not move once a step has been recorded; aligning reads one position more.
            model.decoder.positions.rows(bucket(limits.max_target_tokens + 1, MIN_LENGTH))

    def takes(self, sequence: Sequence) -> bool:
        """Whether this sequence can be decoded here; the answer never changes."""
        is_plain = sequence.num_lanes == 1 and sequence.rules is not None
        # Every row here has room for the longest source that ever came.
        return is_plain and is_shared(sequence.num_source_tokens)

    def join(self, sequences: list[Sequence], memories: Items[State]) -> None:
        first = len(self.sequences)
        rules = [sequence.rules for sequence in sequences if sequence.rules is not None]
        self._reserve(MIN_LENGTH, bucket(memories[0].source_length, MIN_LENGTH))
        self.state.begin(first, memories)
        lengths = [sequence.num_source_tokens for sequence in sequences]
        self.rows.begin(first, self.network.start_token, lengths, rules)
        self._append(sequences)

    def _vacate(self, row: int, last: int) -> None:
        # Steps that were launched before still know the sequence by its old row.
        if row != last:
            self.rows.move_row(last, row)
        self.rows.vacate(last)

    def step(self) -> list[Sequence]:
        """See `Batch`: launches a token of every row; what it returns got one by the step before."""
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
        renewed = [self.rows.values, *self.state.renewed]
        self.step_runner.run(shape, partial(self._compute, shape), renewed)
        return _Launched(list(self.sequences), self.copies.start())

    def _reserve(self, target_length: int, source_length: int) -> None:
        if self.state.reserve(self.num_rows, target_length, source_length):
            self.step_runner.forget()

    def _compute(self, shape: StepShape) -> None:
        """The step itself, on the first rows of every tensor."""
        num_rows, rows, decoder = shape.num_rows, self.rows, self.model.decoder
        layout = self._layout(shape)
        if self.fused is not None:
            states = decoder.step(rows.tokens(num_rows), self.state.layers, layout, self.fused)
            choose_and_advance(self.fused.scores(states.flatten(0, 1)), rows, self.results)
            return
        states = decoder.step(rows.tokens(num_rows), self.state.layers, layout)
        # (R, 1, M) -> (R, V)
        tokens, logprobs = rows.choose(self.model.logits(states.flatten(0, 1)).float())
        self.results[0, :num_rows] = tokens
        self.results[1, :num_rows] = logprobs
        rows.advance(tokens)

    def _layout(self, shape: StepShape) -> StepLayout:
        """With each row's lengths for kernels that heed them, else with masks."""
        positions = self.rows.positions(shape.num_rows)
        source_lengths = self.rows.source_lengths(shape.num_rows)
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
        return key_padding_bias(lengths, longest, self.network.dtype)

    def _read(self, launched: _Launched) -> list[Sequence]:
        """Those who have not ended since go on by what the step chose for them."""
        found = self.copies.read(launched.copy)[:, : len(launched.sequences)].tolist()
        extended = []
        for sequence, token, logprob in zip(launched.sequences, *found, strict=True):
            if sequence.finish_reason is None:
                extend_greedy(sequence, int(token), logprob, self.network.limits.eos_token_ids)
                extended.append(sequence)
        return extended
