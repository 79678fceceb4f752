"""From decoder states to scores, over the whole vocabulary or over the running sequences' shortlists."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import repeat

import numpy as np
import torch
from torch import Tensor

from crosslate.models.arrays import IntArray
from crosslate.models.engine.scores.candidates import CandidateScores, LaneCandidates
from crosslate.models.engine.scores.lexical_shortlist import LexicalShortlist
from crosslate.models.engine.scores.logits import DeferredScores, Logits, Scores
from crosslate.models.int8.quantization import Int8Output
from crosslate.models.layers.state import grown
from crosslate.models.native.candidate_rows import CandidateRows
from crosslate.models.network.transformer import EncoderDecoder

SLACK = 512
"""Columns that nobody needs any more are dropped once they are more than this and than half the live ones."""


class Projection(ABC):
    """What a batch asks of its way from states to scores. Who scores every token need not know the rows."""

    def join(  # noqa: B027
        self, first_row: int, sources: list[list[int]], also: Sequence[int] = ()
    ) -> None:
        """New sequences in the next free rows; if it fails, none of them is there.

        `also`: tokens that they may choose whatever they translate.
        """

    def leave(self, row: int, last_row: int) -> None:  # noqa: B027
        """`row` is over and the last row takes its place."""

    @abstractmethod
    def __call__(self, states: Tensor) -> Scores:
        """(R, W, M) -> R * W lanes' scores."""


def make_projection(model: EncoderDecoder, shortlist: LexicalShortlist | None) -> Projection:
    """The whole vocabulary without a shortlist, else the candidates only."""
    output = model.output
    if isinstance(output, Int8Output) and model.spec.score_cap is None:
        if shortlist is None:
            return DeferredProjection(model, output)
        return CandidateProjection(model, output, shortlist)
    return FullProjection(model) if shortlist is None else ShortlistProjection(model, shortlist)


class FullProjection(Projection):
    """Every token's score."""

    def __init__(self, model: EncoderDecoder) -> None:
        self.model = model

    def __call__(self, states: Tensor) -> Logits:
        """(R, W, M) -> (R * W, V)."""
        return Logits(self.model.logits(states.flatten(0, 1)).float(), None)


class DeferredProjection(Projection):
    """Every token's score, but only if somebody asks for more than the best."""

    def __init__(self, model: EncoderDecoder, output: Int8Output) -> None:
        self.model = model
        self.output = output

    def __call__(self, states: Tensor) -> DeferredScores:
        """(R, W, M) -> (R * W, V)."""
        return DeferredScores(self.model.for_output(states).flatten(0, 1), self.output)


class CandidateProjection(Projection):
    """Each row's own candidates, whose part of the int8 output matrix lies side by side.

    A batch's number of lanes never changes: what is known of its lanes holds until a row comes or goes.
    """

    def __init__(self, model: EncoderDecoder, output: Int8Output, shortlist: LexicalShortlist) -> None:
        self.model = model
        self.output = output
        self.shortlist = shortlist
        self.rows: list[CandidateRows] = []
        self._lanes: LaneCandidates | None = None

    def join(self, first_row: int, sources: list[list[int]], also: Sequence[int] = ()) -> None:
        candidates = map(self.shortlist.candidates, sources, repeat(also))
        self.rows[first_row:] = [self.output.candidates(ids) for ids in candidates]
        self._lanes = None

    def leave(self, row: int, last_row: int) -> None:
        self.rows[row] = self.rows[last_row]
        self.rows.pop()
        self._lanes = None

    def __call__(self, states: Tensor) -> CandidateScores:
        """(R, W, M) -> (R * W, K)."""
        if self._lanes is None:
            self._lanes = LaneCandidates(self.rows, num_lanes=states.shape[1])
        return CandidateScores(self.model.for_output(states).flatten(0, 1), self.output, self._lanes)


class ShortlistProjection(Projection):
    """The union of the running sequences' candidates; each row may choose its own only.

    So a result does not depend on the batch, while one matrix product serves all rows. The union's rows
    of the output matrix lie together in memory: joining appends what is new, and once too many columns
    are dead they are dropped.
    """

    def __init__(self, model: EncoderDecoder, shortlist: LexicalShortlist) -> None:
        self.model = model
        self.shortlist = shortlist
        vocab_size = model.spec.target_vocab_size
        self.column_of = np.full(vocab_size, -1, np.int64)
        self.users = np.zeros(vocab_size, np.int32)
        """how many running sequences need a token"""
        self.candidates: list[IntArray] = []
        """per row"""
        self.vocab_ids = np.empty(0, np.int64)
        weight = model.output.weight
        self.weight = weight.new_empty(1024, weight.shape[1])
        self.bias = weight.new_zeros(1024)
        self.mask = torch.full((1, 1024), float("-inf"), device=weight.device)
        """(R, K) 0 where row r may choose column k, else -inf"""
        self.columns = torch.empty(0, dtype=torch.int64, device=weight.device)

    def join(self, first_row: int, sources: list[list[int]], also: Sequence[int] = ()) -> None:
        joining = list(map(self.shortlist.candidates, sources, repeat(also)))
        self.mask = grown(self.mask, {0: first_row + len(joining)})
        for row, candidates in enumerate(joining, start=first_row):
            self._add(candidates[self.column_of[candidates] < 0])
            self._allow(row, candidates)
        for candidates in joining:
            self.users[candidates] += 1
        self.candidates += joining

    def leave(self, row: int, last_row: int) -> None:
        self.users[self.candidates[row]] -= 1
        self.candidates[row] = self.candidates[last_row]
        self.candidates.pop()
        self.mask[row] = self.mask[last_row]
        num_live = int(np.count_nonzero(self.users[self.vocab_ids]))
        if len(self.vocab_ids) > num_live + max(SLACK, num_live // 2):
            self._rebuild()

    def __call__(self, states: Tensor) -> Logits:
        """(R, W, M) -> (R * W, K)."""
        rows, lanes, _ = states.shape
        num_columns = len(self.vocab_ids)
        flat = self.model.for_output(states).flatten(0, 1)
        scores = torch.addmm(self.bias[:num_columns], flat, self.weight[:num_columns].t()).float()
        scores.view(rows, lanes, num_columns).add_(self.mask[:rows, None, :num_columns])
        return Logits(scores, self.columns)

    def _allow(self, row: int, candidates: IntArray) -> None:
        self.mask[row] = float("-inf")
        self.mask[row, torch.from_numpy(self.column_of[candidates])] = 0.0

    def _add(self, new_ids: IntArray) -> None:
        start, end = len(self.vocab_ids), len(self.vocab_ids) + len(new_ids)
        if start == end:
            return
        # Memory first: should it run out, the columns are as they were.
        self.weight, self.bias = grown(self.weight, {0: end}), grown(self.bias, {0: end})
        self.mask = grown(self.mask, {1: end}, fill=float("-inf"))
        vocab_ids = np.concatenate([self.vocab_ids, new_ids])
        columns = torch.from_numpy(vocab_ids).to(self.columns.device)
        output, ids = self.model.output, columns[start:]
        self.weight[start:end] = output.weight[ids]
        if output.bias is not None:
            self.bias[start:end] = output.bias[ids]
        self.vocab_ids, self.columns = vocab_ids, columns
        self.column_of[new_ids] = np.arange(start, end)

    def _rebuild(self) -> None:
        live = self.vocab_ids[self.users[self.vocab_ids] > 0]
        self.column_of[self.vocab_ids] = -1
        self.vocab_ids = np.empty(0, np.int64)
        self._add(live)
        for row, candidates in enumerate(self.candidates):
            self._allow(row, candidates)
