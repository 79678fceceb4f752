"""Ragged batches without padding: linear layers see only real tokens, attention alone sees a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Packing:
    """B sequences of unlike lengths stored end to end, N tokens in all; S is the longest."""

    num_rows: int
    longest: int
    lengths: Tensor
    """(B,)"""
    positions: Tensor
    """(N,) each token's position in its own sequence"""
    index: Tensor | None
    """(N,) each token's place in the grid (B * S); None when all are equally long"""
    offsets: Tensor | None = None
    """(B + 1) where each sequence begins, and the end, for attention that needs no grid: the compiled
    kernels'. None where there is no such, and padding must be masked."""

    @classmethod
    def of(cls, lengths: Sequence[int], device: torch.device, *, is_ragged: bool = False) -> Packing:
        """Lay out sequences of these lengths; `is_ragged`: for attention without a grid."""
        # In numpy: torch's repeat_interleave wakes a team of threads, which may take milliseconds.
        longest, counts, rows = max(lengths), np.array(lengths), np.arange(len(lengths))
        offsets = np.concatenate([[0], counts.cumsum()])
        positions = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts)
        index = np.repeat(rows * longest, counts) + positions if min(lengths) < longest else None
        return cls(
            len(lengths),
            longest,
            torch.from_numpy(counts).to(device),
            torch.from_numpy(positions).to(device),
            None if index is None else torch.from_numpy(index).to(device),
            torch.from_numpy(offsets) if is_ragged else None,
        )

    def pad(self, x: Tensor) -> Tensor:
        """(N, ...) -> (B, S, ...), zeros where there is no token."""
        if self.index is not None:
            grid = x.new_zeros(self.num_rows * self.longest, *x.shape[1:])
            x = grid.index_copy_(0, self.index, x)
        return x.view(self.num_rows, self.longest, *x.shape[1:])

    def unpad(self, x: Tensor) -> Tensor:
        """(B, S, ...) -> (N, ...)."""
        x = x.reshape(self.num_rows * self.longest, *x.shape[2:])
        return x if self.index is None else x.index_select(0, self.index)


def pack_ids(sequences: Sequence[Sequence[int]], device: torch.device) -> Tensor:
    """Token ids end to end: (N,)."""
    return torch.tensor(list(chain.from_iterable(sequences)), device=device)
