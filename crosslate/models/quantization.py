"""Int8 networks: a scale per output of each weight matrix, a range per row of what comes in.

Weights are signed 8-bit integers. What comes in is rounded between a row's least and largest entry, as
finely as the CPU multiplies it without losing much time (`pack_int8` in `crosslate/models/native/int8_pack.c`
decides). With AMX that is 16 bits; with VNNI too where a layer minds it most (`COARSE` and the feed-forward
blocks do not), and 8 elsewhere; with AVX2 8 bits, or 7 where many weights are too large for it. Before it is
rounded to 8 bits or fewer, what it mostly is is taken off: see `input_centers`.

Rows are quantized one by one and their sums are integers, so a row's result does not depend on the rows
beside it. What is between the products (norms, attention, caches) stays float32.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from crosslate.models.arrays import IntArray
from crosslate.models.attention.multi_head import CausalSelfAttention, CrossAttention, EncoderSelfAttention
from crosslate.models.input_centers import input_centers
from crosslate.models.layers import ACTIVATIONS, START, FeedForward, Linear
from crosslate.models.native.candidate_rows import CandidateRows, CandidateTable
from crosslate.models.native.kernels import load_kernels
from crosslate.models.recurrent import SSRU
from crosslate.models.stack_spec import Activation
from crosslate.models.transformer import EncoderDecoder

LARGEST = 127
COARSE = {
    (EncoderSelfAttention, "out"),
    (CausalSelfAttention, "out"),
    (SSRU, "gates"),
    (CrossAttention, "q"),
    (CrossAttention, "out"),
}
"""Layers beside the feed-forward blocks to whose inputs two bytes would change too few sentences."""
BLOCK_ENTRIES = 2**20
"""What is rounded at once: little memory, and few calls that wait for threads."""


@dataclass(frozen=True, slots=True)
class Int8Rows:
    """A matrix (N, K) whose row n is `values[n] * scales[n]`."""

    values: Tensor
    """int8"""
    scales: Tensor
    """float32 (N,)"""

    @classmethod
    def of(cls, matrix: Tensor, steps: Tensor | None = None) -> Int8Rows:
        """Round a float matrix; no entry is off by more than half its row's scale.

        Some rows at a time: a second matrix in float32 would cost memory, and time to have it.

        Args:
            matrix: (N, K).
            steps: (N,) the scales, where the matrix was made from integers of -127 to 127: it is those again.
        """
        scales = torch.empty(matrix.shape[0]) if steps is None else steps
        values = torch.empty(matrix.shape, dtype=torch.int8)
        step = max(1, BLOCK_ENTRIES // matrix.shape[1])
        for rows in map(slice, range(0, len(scales), step), range(step, len(scales) + step, step)):
            block = matrix[rows]
            if steps is None:
                largest = block.abs().amax(dim=1)
                scales[rows] = largest.div_(LARGEST).clamp_(min=torch.finfo(torch.float32).tiny)
            values[rows] = (block / scales[rows, None]).round_()
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


def quantize(model: EncoderDecoder, row_steps: Mapping[str, Tensor] | None = None) -> EncoderDecoder:
    """Put int8 modules in the place of a float32 network's linear layers and embeddings.

    One matrix after the other, and the largest, the tables of tokens, last: when they are there twice, the
    rest has shrunk already. `row_steps` are `CheckpointParts.row_steps`.
    """
    known = row_steps or {}
    # By identity: of a matrix that is used twice, one name is known.
    steps = {id(parameter): known.get(name) for name, parameter in model.named_parameters()}

    def rows_of(matrix: Tensor) -> Int8Rows:
        return Int8Rows.of(matrix, steps[id(matrix)])

    kernels = load_kernels()
    # Without kernels inputs stay as they are; with AMX all have two bytes, which are fine enough.
    centers = {} if kernels is None or kernels.isa == "amx" else input_centers(model)
    # Nothing here may hold a layer that has been replaced: neither a list of all, nor its center's key.
    for module in [module for module in model.modules() if not isinstance(module, Linear)]:
        for name, child in module.named_children():
            if isinstance(child, Linear) and child is not model.output:
                rows, is_fine = rows_of(child.weight), _is_sensitive(module, name)
                linear = Int8Linear(rows, child.bias, centers=centers.pop(child, None), is_fine=is_fine)
                setattr(module, name, linear)
    source, target = model.encoder.embedding, model.decoder.embedding
    target_rows = rows_of(target.weight)
    output = Int8Output(
        target_rows if model.spec.tie_output else rows_of(model.output.weight),
        model.output.bias,
        centers=centers.get(model.output),
    )
    quantized = Int8Embedding(target_rows, target.scale)
    model.decoder.embedding = quantized  # type: ignore[assignment]
    if source is target:
        model.encoder.embedding = quantized  # type: ignore[assignment]
    else:
        model.encoder.embedding = Int8Embedding(rows_of(source.weight), source.scale)  # type: ignore[assignment]
    model.output = output  # type: ignore[assignment]
    return model


def _is_sensitive(module: nn.Module, name: str) -> bool:
    """Whether a linear layer's input should have two bytes."""
    return not isinstance(module, FeedForward) and (type(module), name) not in COARSE
