"""Ragged batches without padding: linear layers see only real tokens, attention alone sees a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain

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
        longest = max(lengths)
        positions = torch.tensor(list(chain.from_iterable(map(range, lengths))), device=device)
        counts = torch.tensor(lengths, device=device)
        index = None
        if min(lengths) < longest:
            starts = torch.arange(len(lengths), device=device) * longest
            index = torch.repeat_interleave(starts, counts) + positions
        offsets = torch.tensor([0, *accumulate(lengths)]) if is_ragged else None
        return cls(len(lengths), longest, counts, positions, index, offsets)

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
