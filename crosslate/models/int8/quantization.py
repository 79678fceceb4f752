"""Int8 networks: a scale per output of each weight matrix, a range per row of what comes in.

Weights are signed 8-bit integers. What comes in is rounded between a row's least and largest entry, as
finely as the CPU multiplies it without losing much time (`pack_int8` in `crosslate/models/native/int8_pack.c`
decides). With AMX that is 16 bits; with VNNI and on ARM too where a layer minds it most
(`int8_network.COARSE` and the feed-forward blocks do not), and 8 elsewhere; with AVX2 8 bits, or 7 where many
weights are too large for it.
Before it is rounded to 8 bits or fewer, what it mostly is is taken off: see `input_centers`.

Rows are quantized one by one and their sums are integers, so a row's result does not depend on the rows
beside it. What is between the products (norms, attention) stays float32; what attention keeps does so where
layers are not compiled (`native/kept_vectors.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from crosslate.models.arrays import IntArray
from crosslate.models.checkpoints.stored_tensors import row_blocks
from crosslate.models.layers.layers import ACTIVATIONS, START
from crosslate.models.native.candidate_rows import CandidateRows, CandidateTable
from crosslate.models.native.kernels import load_kernels
from crosslate.models.native.packed_weights import PackedWeights
from crosslate.models.specs.stack_spec import Activation

LARGEST = 127


@dataclass(frozen=True, slots=True)
class Int8Rows:
    """A matrix (N, K) whose row n is `values[n] * scales[n]`."""

    values: Tensor
    """int8"""
    scales: Tensor
    """float32 (N,)"""

    @classmethod
    def of(cls, matrix: Tensor, steps: Tensor | None = None) -> Int8Rows:
        """Round a float matrix (N, K); see `of_blocks`."""
        return cls.of_blocks(matrix.shape, row_blocks(matrix), steps)

    @classmethod
    def of_blocks(
        cls, shape: Sequence[int], blocks: Iterable[Tensor], steps: Tensor | None = None
    ) -> Int8Rows:
        """Round a float matrix; no entry is off by more than half its row's scale.

        Args:
            shape: (N, K).
            blocks: its rows in order, some at a time; only one is looked at at once.
            steps: (N,) the scales, where the matrix was made from integers of -127 to 127: it is those again.
        """
        scales = torch.empty(shape[0]) if steps is None else steps
        values = torch.empty(*shape, dtype=torch.int8)
        start = 0
        for block in blocks:
            rows = slice(start, start + len(block))
            if steps is None:
                largest = block.abs().amax(dim=1)
                scales[rows] = largest.div_(LARGEST).clamp_(min=torch.finfo(torch.float32).tiny)
            values[rows] = (block / scales[rows, None]).round_()
            start += len(block)
        return cls(values, scales)

    def __getitem__(self, ids: Tensor) -> Tensor:
        """Some rows in float32: (...) -> (..., K)."""
        return self.values[ids].float().mul_(self.scales[ids][..., None])


class Int8Linear(nn.Module):
    """`x W^T + b` with int8 weights and activations, in place of a `Linear`."""

    def __init__(
        self, rows: Int8Rows, bias: Tensor | None, *, centers: Tensor | None = None, is_fine: bool = False
    ) -> None:
        """`centers` (K,): what inputs mostly are; `is_fine`: they should have two bytes, if that is cheap."""
        super().__init__()
        self.kernels = load_kernels()
        self.bias = bias
        if self.kernels is None:
            self.rows = rows
        else:
            self.packed = self.kernels.pack(rows.values, rows.scales, bias, centers=centers, is_fine=is_fine)

    @classmethod
    def of_packed(cls, packed: PackedWeights, bias: Tensor | None) -> Self:
        """Of weights that are packed already, with the bias that went into them."""
        made = cls.__new__(cls)
        nn.Module.__init__(made)
        made.kernels, made.bias, made.packed = load_kernels(), bias, packed
        return made

    def forward(self, x: Tensor) -> Tensor:
        """(..., in_dim) -> (..., out_dim)."""
        if self.kernels is None:
            return linear_of_int8(x, self.rows, self.bias)
        return self.kernels.linear(x, self.packed)

    def activated(self, x: Tensor, activation: Activation) -> Tensor:
        """activation(x W^T + b): (..., in_dim) -> (..., out_dim)."""
        if self.kernels is None:
            return ACTIVATIONS[activation](self(x))
        return self.kernels.linear(x, self.packed, activation)


class Int8Output(Int8Linear):
    """The output projection, which a shortlist reads row by row and searches only for the best."""

    def __init__(self, rows: Int8Rows, bias: Tensor | None, *, centers: Tensor | None = None) -> None:
        super().__init__(rows, bias, centers=centers)
        self.rows = rows

    @property
    def num_outputs(self) -> int:
        """V."""
        return len(self.rows.scales)

    def highest(self, states: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Each row's likeliest tokens and their natural log-probabilities: (R, M) -> 2 x (R, count)."""
        if self.kernels is None:
            log_probs, tokens = self(states).log_softmax(dim=-1).topk(count, dim=-1)
            return tokens, log_probs
        return self.kernels.highest_of_linear(states, self.packed, count)

    def candidates(self, ids: IntArray) -> CandidateRows:
        """What `ids` (C,) need, side by side: in the whole matrix they lie far apart."""
        if self.kernels is not None:
            return self.kernels.gather_candidates(ids, self.rows.values, self.packed)
        rows = torch.from_numpy(ids)
        scales = self.rows.scales[rows]
        bias = torch.zeros_like(scales) if self.bias is None else self.bias[rows]
        weights = self.rows.values[rows]
        return CandidateRows(rows, weights, weights.sum(dim=1).float(), scales, bias, len(ids))

    def candidate_scores(self, states: Tensor, candidates: CandidateTable) -> Tensor:
        """Scores of each source's own candidates; see `Kernels.candidate_scores`."""
        if self.kernels is not None:
            return self.kernels.candidate_scores(states, candidates)
        lanes = states.view(len(candidates.rows), -1, states.shape[1])
        scores = [
            linear_of_int8(state, Int8Rows(own.weights, own.scales), own.bias)
            for own, of_source in zip(candidates.rows, lanes, strict=True)
            for state in of_source
        ]
        return nn.utils.rnn.pad_sequence(scores, batch_first=True, padding_value=float("-inf"))

    def best_candidate(self, states: Tensor, candidates: CandidateTable) -> tuple[Tensor, Tensor] | None:
        """Each lane's likeliest token and its natural log-probability: (R * W, M) -> 2 x (R * W,).

        None without kernels: then they come from all scores.
        """
        return None if self.kernels is None else self.kernels.best_candidates(states, candidates)


class Int8Embedding(nn.Module):
    """A table of token vectors in int8, scaled, in place of an `Embedding`."""

    def __init__(self, rows: Int8Rows, scale: float) -> None:
        super().__init__()
        self.kernels = load_kernels() if rows.values.shape[1] % 8 == 0 else None
        self.rows = rows
        self.scale = scale

    def forward(self, ids: Tensor, positions: Tensor | None = None, table: Tensor | None = None) -> Tensor:
        """As `Embedding`."""
        if self.kernels is not None:
            return self.kernels.embed(
                ids, self.rows.values, self.rows.scales, self.scale, positions=positions, table=table
            )
        x = self.rows[ids.clamp(min=0)].mul_(self.scale).masked_fill_((ids == START)[..., None], 0.0)
        if positions is not None and table is not None:
            x.add_(nn.functional.embedding(positions, table))
        return x


def linear_of_int8(x: Tensor, rows: Int8Rows, bias: Tensor | None) -> Tensor:
    """For machines without kernels: what comes in stays as it is."""
    y = nn.functional.linear(x, rows.values.float()) * rows.scales
    return y if bias is None else y + bias
