"""Cutting sequences into blocks, so that attention to what is near costs the block and not the length."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Blocks:
    """B sequences of S tokens in blocks of `size` (c); a block's queries look at K keys.

    These are the block's own and `margin` to either side.
    """

    longest: int
    size: int
    num_blocks: int
    margin: int = 0
    shift: int = 0
    """How far the first block begins before the first token."""

    @classmethod
    def of_window(cls, longest: int, radius: int) -> Blocks:
        """For tokens that see `radius` tokens to either side."""
        if longest <= max(radius, 1):
            return cls(longest, longest, 1)
        return cls(longest, radius, _ceil_div(longest, radius), margin=radius)

    @classmethod
    def disjoint(cls, longest: int, size: int, shift: int) -> Blocks:
        """For tokens that see their own block."""
        if longest <= size - shift:
            return cls(longest, longest, 1)
        return cls(longest, size, _ceil_div(longest + shift, size), shift=shift)

    def split(self, x: Tensor) -> Tensor:
        """(B, S, ...) -> (B * blocks, c, ...), zeros beyond either end."""
        x = self._pad(x, margin=0)
        return x.reshape(x.shape[0] * self.num_blocks, self.size, *x.shape[2:])

    def neighbourhoods(self, x: Tensor) -> Tensor:
        """(B, S, ...) -> (B * blocks, K, ...), zeros beyond either end."""
        # (B, S', ...) -> (B, blocks, ..., K) -> (B, blocks, K, ...)
        windows = self._pad(x, self.margin).unfold(1, self.size + 2 * self.margin, self.size).movedim(-1, 2)
        return windows.flatten(0, 1)

    def join(self, x: Tensor) -> Tensor:
        """(B * blocks, c, ...) -> (B, S, ...): what `split` did, undone."""
        x = x.reshape(x.shape[0] // self.num_blocks, self.num_blocks * self.size, *x.shape[2:])
        return x[:, self.shift : self.shift + self.longest]

    def for_each(self, x: Tensor) -> Tensor:
        """What all blocks of a sequence share: (B, G, ...) -> (B * blocks, G, ...)."""
        return x.repeat_interleave(self.num_blocks, dim=0)

    def key_positions(self, device: torch.device) -> Tensor:
        """(blocks, K), some of them before the beginning or behind the end."""
        within = torch.arange(-self.margin, self.size + self.margin, device=device)
        starts = torch.arange(self.num_blocks, device=device) * self.size - self.shift
        return starts[:, None] + within[None, :]

    def offsets(self, device: torch.device) -> Tensor:
        """Each key's position minus each query's, the same in all blocks: (c, K)."""
        keys = torch.arange(-self.margin, self.size + self.margin, device=device)
        return keys[None, :] - torch.arange(self.size, device=device)[:, None]

    def _pad(self, x: Tensor, margin: int) -> Tensor:
        behind = self.num_blocks * self.size - self.shift - self.longest
        return nn.functional.pad(x, (0, 0) * (x.dim() - 2) + (self.shift + margin, behind + margin))


def _ceil_div(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
