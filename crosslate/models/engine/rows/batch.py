"""What every batch of running sequences is: dense rows, and a step.

Joining appends rows. Leaving moves the last row into the hole, so that a step always works on the first
R rows of storage, without gathering; either costs one sequence's share.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence as Items

from crosslate.models.engine.sequence import Sequence
from crosslate.models.layers.state import DecoderState, State


class Batch(ABC):
    """Row r of the state belongs to `sequences[r]`."""

    def __init__(self, num_lanes: int, state: DecoderState) -> None:
        self.num_lanes = num_lanes
        self.state = state
        self.sequences: list[Sequence] = []
        self.source_lengths: list[int] = []
        self.target_lengths: list[int] = []
        """tokens of each row that the state holds, or will when what has been launched is done"""

    @abstractmethod
    def join(self, sequences: list[Sequence], memories: Items[State]) -> None:
        """Append rows with each layer's memory of their sources. If it fails, no sequence has joined."""

    @abstractmethod
    def step(self) -> list[Sequence]:
        """One step of every row; returns the sequences that have got a token by it, or have ended."""

    @abstractmethod
    def _vacate(self, row: int, last: int) -> None:
        """`row` is over and the last one takes its place in whatever else is kept of rows."""

    def leave(self, sequence: Sequence) -> None:
        """Free the sequence's row."""
        row, last = self.sequences.index(sequence), len(self.sequences) - 1
        if row != last:
            self.state.move_row(last, row)
        self._vacate(row, last)
        self.sequences[row] = self.sequences[last]
        self.source_lengths[row] = self.source_lengths[last]
        self.target_lengths[row] = self.target_lengths[last]
        del self.sequences[last], self.source_lengths[last], self.target_lengths[last]

    def memories(self, sequences: Items[Sequence], num_layers: int) -> list[State]:
        """The first layers' memories of some sequences' sources, copied."""
        rows = [self.sequences.index(sequence) for sequence in sequences]
        return self.state.memories(rows, max(self.source_lengths[row] for row in rows), num_layers)

    def _append(self, sequences: list[Sequence]) -> None:
        self.sequences += sequences
        self.source_lengths += [sequence.num_source_tokens for sequence in sequences]
        self.target_lengths += [0] * len(sequences)
