"""Tensors that a LoRA adapter changes: computed as they are read, and only the rows that are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from crosslate.models.checkpoints.stored_tensors import ReadableTensor, read_rows

_WIDE = (torch.float32, torch.float64)


@dataclass(frozen=True, slots=True)
class LowRank:
    """What is added to a matrix (N, K): `scale` B A, of A (r, K) and B (N, r)."""

    a: Tensor
    b: Tensor
    scale: float
    magnitude: Tensor | None = None
    """DoRA: (N,), how long each row is made afterwards"""

    def add_to(self, rows: Tensor, start: int) -> None:
        """Change rows (n, K) of a matrix, from `start` on."""
        b = self.b[start : start + len(rows)]
        rows += (b.float() @ self.a.float() * self.scale).to(rows.dtype)
        if self.magnitude is not None:
            lengths = self.magnitude[start : start + len(rows)] / rows.norm(dim=1)
            rows *= lengths[:, None]


@dataclass(frozen=True, slots=True)
class AdaptedMatrix(ReadableTensor):
    """A matrix as a change makes it."""

    base: Tensor | ReadableTensor
    change: LowRank
    shape: tuple[int, ...]
    dtype: torch.dtype = torch.float32
    """What it is computed in."""

    def read_rows(self, start: int, out: Tensor) -> None:
        """See `ReadableTensor.read_rows`."""
        rows = out if out.dtype in _WIDE else torch.empty(out.shape)
        read_rows(self.base, start, rows)
        self.change.add_to(rows, start)
        if rows is not out:
            out.copy_(rows)
