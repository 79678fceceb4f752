"""Ragged batches without padding: linear layers see only real tokens, attention alone sees a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

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

    @classmethod
    def of(cls, lengths: Sequence[int], device: torch.device) -> Packing:
        """Lay out sequences of these lengths."""
        longest = max(lengths)
        positions = torch.tensor(list(chain.from_iterable(map(range, lengths))), device=device)
        counts = torch.tensor(lengths, device=device)
        index = None
        if min(lengths) < longest:
            starts = torch.arange(len(lengths), device=device) * longest
            index = torch.repeat_interleave(starts, counts) + positions
        return cls(len(lengths), longest, counts, positions, index)

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
