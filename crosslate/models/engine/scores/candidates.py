"""The scores of one decoder step where each sequence chooses among candidates of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np
import torch
from torch import Tensor

from crosslate.models.arrays import IntArray
from crosslate.models.engine.scores.logits import Highest, Scores, best_of, highest_of, log_probs_at
from crosslate.models.int8.quantization import Int8Output
from crosslate.models.native.candidate_rows import CandidateRows, CandidateTable


class LaneCandidates:
    """The candidates of every lane of a batch, all lanes of a row having the same."""

    def __init__(self, rows: Sequence[CandidateRows], num_lanes: int) -> None:
        self.table = CandidateTable(rows)
        self._num_lanes = num_lanes

    @cached_property
    def offsets(self) -> Tensor:
        """(N + 1) where each lane's begin in `ids`, and the end."""
        lengths = (row.count for row in self.table.rows for _ in range(self._num_lanes))
        return torch.tensor(list(accumulate(lengths, initial=0)))

    @cached_property
    def ids(self) -> Tensor:
        """The lanes' candidates one after the other, sorted in each lane."""
        rows = (row.ids[: row.count] for row in self.table.rows)
        return torch.cat([ids for ids in rows for _ in range(self._num_lanes)])


@dataclass(slots=True)
class CandidateScores(Scores):
    """Scores of each lane's own candidates, all of them only where somebody asks for more than the best."""

    states: Tensor
    """(N, M) of the lanes"""
    output: Int8Output
    candidates: LaneCandidates
    _values: Tensor | None = None

    @property
    def values(self) -> Tensor:
        if self._values is None:
            self._values = self.output.candidate_scores(self.states, self.candidates.table)
        return self._values

    def over_vocabulary(self, lanes: slice, vocab_size: int) -> Tensor:
        values = self.values[lanes]
        full = values.new_full((values.shape[0], vocab_size), float("-inf"))
        bounds = self.candidates.offsets[lanes.start : lanes.stop + 1].tolist()
        for lane, (start, end) in enumerate(pairwise(bounds)):
            full[lane, self.candidates.ids[start:end]] = values[lane, : end - start]
        return full

    def best(self) -> tuple[list[int], list[float]]:
        table = self.candidates.table
        found = self.output.best_candidate(self.states, table) if self._values is None else None
        if found is not None:
            ids, log_probs = found
        else:
            columns, log_probs = best_of(self.values)
            ids = self.candidates.ids[self.candidates.offsets[:-1] + columns]
        return ids.tolist(), log_probs.tolist()

    def highest(self, lanes: slice, count: int) -> Highest | None:
        found = highest_of(self.values[lanes], count)
        if found is None:
            return None
        ids, offsets = self.candidates.ids, self.candidates.offsets
        # A lane with fewer candidates than `count` has columns that are none, with log-probability -inf.
        places = offsets[lanes][:, None] + found.ids
        return Highest(ids[places.clamp_(max=len(ids) - 1)], found.log_probs)

    def log_probs(self, tokens: Tensor) -> Tensor:
        columns = self._columns(np.arange(len(tokens)), tokens.numpy())
        return log_probs_at(self.values, torch.from_numpy(columns))

    def biased(self, lanes: Tensor, tokens: Tensor, amounts: Tensor) -> CandidateScores:
        rows = lanes.numpy()
        columns = self._columns(rows, tokens.numpy())
        is_there = columns >= 0
        self.values.numpy()[rows[is_there], columns[is_there]] += amounts.numpy()[is_there]
        return self

    def _columns(self, lanes: IntArray, tokens: IntArray) -> IntArray:
        """Where the scores of these pairs are, -1 of tokens that are no candidates.

        In numpy, which has no team of threads to wake for so little.
        """
        # One sorted list of all lanes' candidates: those of lane n begin at n times the number of tokens.
        ids, offsets = self.candidates.ids.numpy(), self.candidates.offsets.numpy()
        num_tokens = max(ids.max(), tokens.max()) + 1
        keys = ids + np.repeat(np.arange(len(offsets) - 1) * num_tokens, np.diff(offsets))
        wanted = lanes * num_tokens + tokens
        places = keys.searchsorted(wanted).clip(max=len(keys) - 1)
        return np.where(keys[places] == wanted, places - offsets[lanes], -1)
