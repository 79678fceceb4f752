"""The compiled kernels as functions of tensors: float32 on the CPU, the last axis dense.

Whoever calls them has asked `load_kernels` whether they are there, and `Kernels.fit` whether a tensor fits.
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Literal, get_args

import torch
from torch import Tensor

from crosslate.models.arrays import IntArray
from crosslate.models.native.candidate_rows import CandidateRows, CandidateTable
from crosslate.models.native.library import Library, check, load_library
from crosslate.models.native.packed_weights import PackedWeights

FusedActivation = Literal["linear", "relu", "silu", "gelu_new", "gelu"]
FUSED_ACTIVATIONS: dict[FusedActivation, int] = {
    name: number for number, name in enumerate(get_args(FusedActivation))
}
"""Their numbers in C."""
SCORE_MACS, EMBEDDING_MACS = 32, 8
"""What an exponential and an entry of an embedding take, in multiply-adds."""


class Kernels:
    """See `crosslate/models/native/*.c` for what each computes, and in what order.

    Attributes:
        library: the functions themselves.
    """

    def __init__(self, library: Library) -> None:
        self.isa = library.isa
        self.library = library

    @staticmethod
    def fit(x: Tensor) -> bool:
        """Whether the kernels take this tensor: its type, place and last axis. They have no gradients."""
        is_plain = x.dtype == torch.float32 and not x.requires_grad
        return is_plain and x.device.type == "cpu" and x.shape[-1] % 8 == 0

    def pack(
        self,
        weights: Tensor,
        scales: Tensor,
        bias: Tensor | None,
        *,
        centers: Tensor | None = None,
        is_fine: bool = False,
    ) -> PackedWeights:
        """Int8 weights in the kernels' layout; see `PackedWeights.of`."""
        return PackedWeights.of(self.library.lengthy, weights, scales, bias, centers=centers, is_fine=is_fine)

    def linear(self, x: Tensor, weights: PackedWeights, activation: FusedActivation = "linear") -> Tensor:
        """activation(x W^T + b): (..., K) -> (..., N)."""
        x = x.contiguous()
        rows = x.numel() // weights.num_inputs
        y = x.new_empty((*x.shape[:-1], weights.num_outputs))
        library = self.library.for_macs(x.numel() * weights.num_outputs)
        kind, num_threads = FUSED_ACTIVATIONS[activation], torch.get_num_threads()
        check(library.linear_int8(weights.address, x.data_ptr(), rows, kind, num_threads, y.data_ptr()))
        return y

    def highest_of_linear(self, x: Tensor, weights: PackedWeights, count: int) -> tuple[Tensor, Tensor]:
        """Each row's highest outputs and their log-probabilities: (R, K) -> 2 x (R, count), best first.

        Log-probabilities are -inf where a row has fewer outputs, and the first is NaN where it has a NaN.
        What is found of the first does not depend on `count`.
        """
        x = x.contiguous()
        ids = torch.empty(len(x), count, dtype=torch.int64)
        log_probs = x.new_empty(len(x), count)
        found, num_threads = _addresses(ids, log_probs), torch.get_num_threads()
        failed = self.library.lengthy.highest_of_linear_int8(
            weights.address, x.data_ptr(), len(x), count, num_threads, *found
        )
        check(failed)
        return ids, log_probs

    def multiply_registers(self, kind: Literal["int8", "float32"], rounds: int) -> int:
        """Multiply with nothing to load, on all threads, to time it; returns how many multiply-adds that was.

        0 where the variant has no instructions for it.
        """
        library = self.library.lengthy
        run = library.multiply_int8_registers if kind == "int8" else library.multiply_float32_registers
        return int(run(rounds, torch.get_num_threads()))

    def gather_candidates(self, ids: IntArray, weights: Tensor, packed: PackedWeights) -> CandidateRows:
        """Rows `ids` (C,) of weights (V, M) int8, which are packed too, side by side."""
        return CandidateRows.of(self.library.brief, ids, weights, packed)

    def candidate_scores(self, x: Tensor, candidates: CandidateTable) -> Tensor:
        """Scores of each source's own candidates: its W lanes' states (R * W, M) -> (R * W, width).

        They are -inf behind a source's last candidate.
        """
        x = x.contiguous()
        y = x.new_empty(len(x), candidates.width)
        check(self._for_candidates(x, candidates).candidate_scores(*candidates.arguments(x), y.data_ptr()))
        return y

    def best_candidates(self, x: Tensor, candidates: CandidateTable) -> tuple[Tensor, Tensor]:
        """The likeliest of them in each lane, and its log-probability: (R * W, M) -> 2 x (R * W,)."""
        x = x.contiguous()
        ids, log_probs = torch.empty(len(x), dtype=torch.int64), x.new_empty(len(x))
        library = self._for_candidates(x, candidates)
        check(library.best_candidates(*candidates.arguments(x), ids.data_ptr(), log_probs.data_ptr()))
        return ids, log_probs

    def _for_candidates(self, x: Tensor, candidates: CandidateTable) -> ctypes.CDLL:
        return self.library.for_macs(x.numel() * candidates.width)

    def attend_cached(
        self,
        q: Tensor,
        keys: Tensor,
        values: Tensor,
        *,
        lengths: Tensor,
        scale: float,
        bias: Tensor | None,
    ) -> Tensor:
        """New queries over cached keys: (R, W, H, D), 2 x (R, H, S, D) -> (R, W, H, D).

        Args:
            q: dense.
            keys: dense in (S, D); or int16, with as many places for D as `kept_vectors` says.
            values: with the strides of `keys`.
            lengths: (R,) how many of a row's keys count.
            scale: on the scores.
            bias: None or to (R, H, 1, S).
        """
        rows, lanes, heads, width = q.shape
        q = q.contiguous()
        out = torch.empty_like(q)
        added = _added(None if bias is None else bias.expand(rows, heads, 1, -1))
        failed = self.library.lengthy.attend_cached(
            *(q.data_ptr(), keys.dtype == torch.int16, *_addresses(keys, values, lengths)),
            *(rows, lanes, heads, width, *keys.stride()[:2], scale, *added, None, 0, 0),
            *(torch.get_num_threads(), out.data_ptr()),
        )
        check(failed)
        return out

    def attend_appended(
        self,
        qkv: Tensor,
        keys: Tensor,
        values: Tensor,
        *,
        lengths: Tensor,
        origins: Tensor | None,
        scale: float,
        bias: Tensor | None,
    ) -> Tensor:
        """A new token per lane: its key and value join the cache, its query looks at all of the lane's.

        Args:
            qkv: (R, W, 3 * H * D), dense.
            keys: (R, W, H, S, D), dense but for R; or int16, as above; written at each lane's last place.
            values: with the strides of `keys`.
            lengths: (R * W,) how many of a lane's keys count, the new one included.
            origins: (R, W, S) int32, dense but for R: the lane of the same row that wrote each of a lane's
                keys, renewed for the new one; None: the lane itself.
            scale: on the scores.
            bias: None or to (R * W, H, 1, S).

        Returns:
            (R, W, H * D)
        """
        rows, lanes, heads = keys.shape[:3]
        width = qkv.shape[-1] // (3 * heads)
        qkv = qkv.contiguous()
        out = qkv.new_empty((rows, lanes, heads * width))
        added = _added(None if bias is None else bias.expand(rows * lanes, heads, 1, -1))
        failed = self.library.lengthy.attend_appended(
            *(qkv.data_ptr(), keys.dtype == torch.int16, *_addresses(keys, values, lengths, origins)),
            0 if origins is None else origins.stride(1),
            *(rows * lanes, lanes, heads, width),
            *keys.stride()[1:3],
            scale,
            *added,
            torch.get_num_threads(),
            out.data_ptr(),
        )
        check(failed)
        return out

    def attend_packed(
        self,
        qkv: Tensor,
        offsets: Tensor,
        *,
        num_heads: int,
        scale: float,
        bias: Tensor | None,
        is_short: bool = False,
    ) -> Tensor:
        """Every token of a source over every other: (N, 3 * H * D) -> (N, H * D).

        Args:
            qkv: dense.
            offsets: (B + 1) where each source begins, and the end.
            num_heads: H.
            scale: on the scores.
            bias: None or (1, H, S, S) for the longest source.
            is_short: integers of 16 bits may stand for them, as in int8 networks, where that is faster.
        """
        qkv = qkv.contiguous()
        inner = qkv.shape[1] // 3
        out = qkv.new_empty(qkv.shape[0], inner)
        bias = None if bias is None else bias[0].contiguous()
        shape = len(offsets) - 1, num_heads, inner // num_heads
        failed = self.library.lengthy.attend_packed(
            *(qkv.data_ptr(), is_short, offsets.data_ptr(), *shape, scale),
            *_added(bias),
            torch.get_num_threads(),
            out.data_ptr(),
        )
        check(failed)
        return out

    def add_norm(
        self, x: Tensor, added: Tensor, *, weight: Tensor, bias: Tensor | None, eps: float
    ) -> Tensor:
        """Layer norm (RMS norm where there is no bias) of x + added: (..., M) -> (..., M)."""
        x, added = x.contiguous(), added.contiguous()
        y = torch.empty_like(x)
        rows, width = x.numel() // x.shape[-1], x.shape[-1]
        self.library.brief.add_norm(*_addresses(x, added, weight, bias), eps, rows, width, y.data_ptr())
        return y

    def embed(
        self,
        ids: Tensor,
        values: Tensor,
        scales: Tensor,
        factor: float,
        *,
        positions: Tensor | None,
        table: Tensor | None,
    ) -> Tensor:
        """Vectors of tokens: ids (...) -> (..., M), zero where an id is negative.

        Args:
            ids: of rows of `values`.
            values: (V, M) int8.
            scales: (V,).
            factor: on every vector.
            positions: to (...), rows of `table`.
            table: (P, M), added to the vectors; None: nothing is.
        """
        ids = ids.contiguous()
        x = scales.new_empty((*ids.shape, values.shape[1]))
        if positions is not None:
            positions = (positions if positions.shape == ids.shape else positions.expand_as(ids)).contiguous()
        self.library.for_macs(x.numel() * EMBEDDING_MACS).embed_rows(
            ids.data_ptr(),
            ids.numel(),
            *_addresses(values, scales),
            factor,
            values.shape[1],
            *_addresses(table, positions, x),
        )
        return x

    def best_scores(self, scores: Tensor) -> tuple[Tensor, Tensor]:
        """Each row's first highest column and its log-probability: (R, K) -> (R,), (R,)."""
        ids, log_probs = self.highest_scores(scores, 1)
        return ids[:, 0], log_probs[:, 0]

    def highest_scores(self, scores: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Each row's best columns and their log-probabilities: (R, K) -> 2 x (R, count), best first.

        Log-probabilities are -inf where a row has fewer scores, and all NaN where it has a NaN.
        """
        scores = scores.contiguous()
        rows, width = scores.shape
        ids = torch.empty(rows, count, dtype=torch.int64)
        log_probs = scores.new_empty(rows, count)
        self.library.for_macs(rows * width * SCORE_MACS).highest_scores(
            scores.data_ptr(), rows, width, count, ids.data_ptr(), log_probs.data_ptr()
        )
        return ids, log_probs

    def ssru_step(self, gates: Tensor, cells: Tensor) -> Tensor:
        """One step of the SSRU: gates (R, W, 2 * M), cells (R, W, M), which are renewed -> (R, W, M)."""
        out = torch.empty_like(cells)
        width = cells.shape[-1]
        rows = cells.numel() // width
        self.library.brief.ssru_step(gates.data_ptr(), rows, width, cells.data_ptr(), out.data_ptr())
        return out


def _addresses(*tensors: Tensor | None) -> list[int | None]:
    """Where they are, for as long as the caller holds them."""
    return [None if tensor is None else tensor.data_ptr() for tensor in tensors]


def _added(bias: Tensor | None) -> tuple[int | None, int, int]:
    """Where it is, and the strides of its first two axes."""
    return (None, 0, 0) if bias is None else (bias.data_ptr(), bias.stride(0), bias.stride(1))


@cache
def load_kernels() -> Kernels | None:
    """The kernels for this CPU; None where they were not compiled."""
    library = load_library()
    return None if library is None else Kernels(library)
