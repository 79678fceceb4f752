"""A shortlist's rows of the output matrix, as the kernels read them."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field

from torch import Tensor

BLOCK = 8
"""Candidates that the kernels take together; a row's are padded to whole blocks."""


class CandidateFields(ctypes.Structure):
    """`candidates` in `candidates.c`."""

    _fields_ = (
        ("weights", ctypes.c_void_p),
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
    scales: Tensor
    """(P,)"""
    bias: Tensor
    """(P,); -inf behind the last candidate"""
    count: int
    """without padding"""
    fields: CandidateFields = field(init=False)
    """pointers into these, looked up once"""

    def __post_init__(self) -> None:
        parts = (self.weights, self.scales, self.bias, self.ids)
        fields = CandidateFields(*(part.data_ptr() for part in parts), len(self.ids))
        object.__setattr__(self, "fields", fields)


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
