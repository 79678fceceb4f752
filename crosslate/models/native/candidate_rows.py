"""A shortlist's rows of the output matrix, as the kernels read them."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from crosslate.models.arrays import IntArray
from crosslate.models.native.packed_weights import PackedWeights

BLOCK = 8
"""Candidates that the kernels take together; a row's are padded to whole blocks."""


class CandidateFields(ctypes.Structure):
    """`candidates` in `candidates.c`."""

    _fields_ = (
        ("weights", ctypes.c_void_p),
        ("sums", ctypes.c_void_p),
        ("scales", ctypes.c_void_p),
        ("bias", ctypes.c_void_p),
        ("ids", ctypes.c_void_p),
        ("count", ctypes.c_int64),
    )


@dataclass(frozen=True, slots=True, eq=False)
class CandidateRows:
    """One source's candidates side by side; P of them, padding included."""

    ids: Tensor
    """(P,) of the vocabulary; behind the last candidate any"""
    weights: Tensor
    """(P, M) int8"""
    sums: Tensor
    """(P,) of each one's weights"""
    scales: Tensor
    """(P,)"""
    bias: Tensor
    """(P,); -inf behind the last candidate"""
    count: int
    """without padding"""
    fields: CandidateFields = field(init=False)
    """pointers into these, looked up once"""

    def __post_init__(self) -> None:
        parts = (self.weights, self.sums, self.scales, self.bias, self.ids)
        fields = CandidateFields(*(part.data_ptr() for part in parts), len(self.ids))
        object.__setattr__(self, "fields", fields)

    @classmethod
    def of(cls, library: ctypes.CDLL, ids: IntArray, weights: Tensor, packed: PackedWeights) -> CandidateRows:
        """Those of `ids` (C,), from weights (V, M) int8 and what was found when they were packed."""
        count, inputs = len(ids), weights.shape[1]
        padded = -(-count // BLOCK) * BLOCK
        all_ids = torch.zeros(padded, dtype=torch.int64)
        all_ids.numpy()[:count] = ids
        own_weights = weights.new_empty(padded, inputs)
        own_sums, own_scales, own_bias = (packed.scales.new_empty(padded) for _ in range(3))
        library.gather_candidates(
            weights.data_ptr(),
            packed.sums.data_ptr(),
            packed.scales.data_ptr(),
            None if packed.bias is None else packed.bias.data_ptr(),
            inputs,
            all_ids.data_ptr(),
            count,
            padded,
            own_weights.data_ptr(),
            own_sums.data_ptr(),
            own_scales.data_ptr(),
            own_bias.data_ptr(),
        )
        return cls(all_ids, own_weights, own_sums, own_scales, own_bias, count)


class CandidateTable:
    """The candidates of a batch's R sources, for as many steps as none comes or goes.

    Attributes:
        rows: each source's.
        width: the most that one has, padding included.
    """

    def __init__(self, rows: Sequence[CandidateRows]) -> None:
        self.rows = tuple(rows)
        self.width = max(row.fields.count for row in self.rows)
        self.fields = (CandidateFields * len(self.rows))(*(row.fields for row in self.rows))

    def arguments(self, x: Tensor) -> tuple[object, ...]:
        """What the kernels' functions begin with, for the lanes' states x (R * W, M), dense."""
        num_rows = len(self.rows)
        return (x.data_ptr(), num_rows, len(x) // num_rows, x.shape[1], ctypes.byref(self.fields), self.width)
