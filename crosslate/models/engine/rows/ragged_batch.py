"""The running sequences of one width, of whatever lengths: tokens are chosen on the host."""

from __future__ import annotations

from collections.abc import Sequence as Items

import numpy as np
import torch

from crosslate.models.engine.rows.batch import Batch
from crosslate.models.engine.rows.kept_attention import keep_attention, keep_weights, room_for_weights
from crosslate.models.engine.rows.network import Network
from crosslate.models.engine.rows.row_costs import USUAL_SOURCE, source_room
from crosslate.models.engine.scores.logits import Scores
from crosslate.models.engine.search.next_tokens import choose_tokens
from crosslate.models.engine.sequence import Sequence
from crosslate.models.layers.masks import key_padding_bias
from crosslate.models.layers.state import State
from crosslate.models.layers.step_layout import StepLayout


class Places:
    """Where rows stand, as tensors that follow them from step to step.

    Attributes:
        positions: (R,) of the token that each row reads now.
        lane_lengths: (R * W,) targets so far, the token that is read now included.
        source_lengths: (R,).
        source_bias: (R, 1, 1, S) masks what is behind a source's tokens; None where nothing needs to be.
    """

    def __init__(
        self,
        targets: list[int],
        sources: list[int],
        num_lanes: int,
        device: torch.device,
        *,
        bias_type: torch.dtype | None,
    ) -> None:
        """Of rows with so many tokens behind them, and sources of these lengths."""
        lane_lengths = [length + 1 for length in targets for _ in range(num_lanes)]
        # What moves on with every step moves at once.
        self._moving = torch.tensor(targets + lane_lengths, device=device)
        self.positions, self.lane_lengths = self._moving[: len(targets)], self._moving[len(targets) :]
        self.source_lengths = torch.tensor(sources, device=device)
        self.source_bias = (
            None if bias_type is None else key_padding_bias(self.source_lengths, max(sources), bias_type)
        )

    def advance(self) -> None:
        """Every row reads one more token."""
        self._moving.add_(1)


class RaggedBatch(Batch):
    """Rows of sequences with the same number of lanes."""

    def __init__(self, num_lanes: int, network: Network, *, is_ragged: bool) -> None:
        """`is_ragged`: attention takes the rows' lengths, so nothing needs to be masked."""
        device, self.decoder = network.device, network.model.decoder
        super().__init__(num_lanes, self.decoder.new_state(num_lanes, network.dtype, device))
        self.network = network
        self.is_ragged = is_ragged
        self.projection = network.new_projection()
        self.copying = network.new_copy_bias()
        self._places: Places | None = None
        """of `target_lengths` and `source_lengths`; None where rows came or went since"""
        self.tokens = torch.empty((0, num_lanes), dtype=torch.int64, device=device)

    def join(self, sequences: list[Sequence], memories: Items[State]) -> None:
        """See `Batch`: what is written behind the last row counts for nothing."""
        first = len(self.sequences)
        # Reserved here, lengths are powers of two, and never double beyond what like ones need.
        self.state.reserve(first + len(sequences), 1, source_room(memories[0].source_length))
        self.state.begin(first, memories)
        starts = self.tokens.new_full((len(sequences), self.num_lanes), self.network.start_token)
        tokens = torch.cat([self.tokens, starts])
        source_ids = [sequence.source_ids for sequence in sequences]
        self.projection.join(first, source_ids)
        if self.copying is not None:
            self.copying.join(first, source_ids)
        self.tokens = tokens
        self._places = None
        if self.is_ragged and self.decoder.compiled is not None:
            keep_attention(sequences)
        self._append(sequences)

    def _vacate(self, row: int, last: int) -> None:
        self._places = None
        self.projection.leave(row, last)
        if self.copying is not None:
            self.copying.leave(row, last)
        self.tokens[row] = self.tokens[last]
        self.tokens = self.tokens[:last]
        if max(self.source_lengths) > USUAL_SOURCE and self.state.num_rows > 2 * last > 0:
            self.state.shrink(last)

    def step(self) -> list[Sequence]:
        choice = choose_tokens(self.sequences, self.decode(), self.network.limits)
        self.advance(choice.tokens, choice.parents)
        return list(self.sequences)

    def decode(self) -> Scores:
        """Those of the tokens that may follow `tokens`."""
        layout = self.layout()
        states = self.decoder.step(self.tokens, self.state.layers, layout)
        keep_weights(self.sequences, layout.told)
        scores = self.projection(states)
        return scores if self.copying is None else self.copying.add_to(scores, self.tokens)

    def _places_now(self) -> Places:
        targets, sources = self.target_lengths, self.source_lengths
        bias_type = None if self.is_ragged else self.network.dtype
        return Places(targets, sources, self.num_lanes, self.network.device, bias_type=bias_type)

    def layout(self) -> StepLayout:
        """Where the next step's tokens stand."""
        num_rows = len(self.sequences)
        if self._places is None:
            self._places = self._places_now()
        places = self._places
        longest_target = max(self.target_lengths) + 1
        longest_source = max(self.source_lengths)
        is_uneven = min(self.target_lengths) + 1 < longest_target
        self.state.reserve(num_rows, longest_target, longest_source)
        self_bias = None
        if is_uneven and not self.is_ragged:
            self_bias = key_padding_bias(places.lane_lengths, longest_target, self.network.dtype)
        return StepLayout(
            num_rows=num_rows,
            positions=places.positions,
            longest_target=longest_target,
            longest_source=longest_source,
            self_bias=self_bias,
            cross_bias=places.source_bias,
            lane_lengths=places.lane_lengths if self.is_ragged else None,
            source_lengths=places.source_lengths if self.is_ragged else None,
            told=room_for_weights(self.sequences, self.network.limits.num_heads, longest_source),
        )

    def advance(self, tokens: list[list[int]], parents: list[list[int]] | None) -> None:
        """Feed every lane its next token; with `parents`, lanes first continue other lanes of their row."""
        if parents is not None:
            self._reorder(parents)
        self.tokens = torch.from_numpy(np.array(tokens)).to(self.network.device)
        self.target_lengths = [length + 1 for length in self.target_lengths]
        if self._places is not None:
            self._places.advance()

    def _reorder(self, parents: list[list[int]]) -> None:
        unchanged = list(range(self.num_lanes))
        moved = [row for row, lanes in enumerate(parents) if lanes != unchanged]
        if not moved:
            return
        rows = torch.tensor(moved, device=self.network.device)
        lanes = torch.tensor([parents[row] for row in moved], device=self.network.device)
        self.state.reorder_lanes(rows, lanes, max(self.target_lengths) + 1)
