"""Encoder self-attention within a sliding window, with or without a few tokens that see and are seen by all.

The window is cut into blocks. What may be seen is a bias that all layers share, see `encoder_bias`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from crosslate.models.attention.blocks import Blocks
from crosslate.models.attention.dot_product import attend
from crosslate.models.attention.multi_head import SelfAttention, split_heads
from crosslate.models.layers.layers import Linear, Norm
from crosslate.models.layers.masks import key_padding_bias
from crosslate.models.layers.packing import Packing
from crosslate.models.specs.pattern_spec import WindowSpec
from crosslate.models.specs.stack_spec import StackSpec


class WindowAttention(SelfAttention):
    """A token sees those that are at most `radius` away (LongT5 "local", Guo et al. 2022)."""

    def __init__(self, spec: StackSpec, width: int, window: WindowSpec) -> None:
        super().__init__(spec, width)
        self.window = window

    def forward(self, x: Tensor, packing: Packing, bias: Tensor | None) -> Tensor:
        """(N, M), bias to (B * blocks, H, c, K + G) -> (N, M). G: tokens that all see."""
        blocks = Blocks.of_window(packing.longest, self.window.radius)
        # (N, 3 * H * D) -> 3 x (B, S, H, D)
        q, k, v = split_heads(packing.pad(self.qkv(x)), 3, self.num_heads).unbind(2)
        keys, values = self._global_keys(x, k, v, packing)
        keys = torch.cat([blocks.neighbourhoods(k), blocks.for_each(keys)], dim=1)
        values = torch.cat([blocks.neighbourhoods(v), blocks.for_each(values)], dim=1)
        # 3 x (B * blocks, c or K + G, H, D) -> (B * blocks, H, c, D)
        mixed = attend(
            blocks.split(q).transpose(1, 2), keys.transpose(1, 2), values.transpose(1, 2), bias, self.scale
        )
        # -> (B, S, H * D)
        grid = self._with_global_queries(x, blocks.join(mixed.transpose(1, 2).flatten(2)), packing)
        return self.out(packing.unpad(grid))

    def _global_keys(self, x: Tensor, k: Tensor, v: Tensor, packing: Packing) -> tuple[Tensor, Tensor]:
        """Keys and values that every token sees: 2 x (B, G, H, D)."""
        return k[:, :0], v[:, :0]

    def _with_global_queries(self, x: Tensor, grid: Tensor, packing: Packing) -> Tensor:
        """`grid` (B, S, H * D) with the results of tokens that see everything."""
        return grid


class GlobalFirstAttention(WindowAttention):
    """The first token, too, is seen by all; itself it sees all, through projections of its own.

    After LED (Beltagy et al. 2020, section 3.1).
    """

    def __init__(self, spec: StackSpec, width: int, window: WindowSpec) -> None:
        super().__init__(spec, width, window)
        self.global_q = Linear(width, spec.inner_dim, bias=spec.attention_bias)
        self.global_kv = Linear(width, 2 * spec.inner_dim, bias=spec.attention_bias)

    def _global_keys(self, x: Tensor, k: Tensor, v: Tensor, packing: Packing) -> tuple[Tensor, Tensor]:
        return k[:, :1], v[:, :1]

    def _with_global_queries(self, x: Tensor, grid: Tensor, packing: Packing) -> Tensor:
        # (B, M) -> (B, H, 1, D)
        q = split_heads(self.global_q(packing.pad(x)[:, 0]), 1, self.num_heads).transpose(1, 2)
        # (N, 2 * H * D) -> 2 x (B, H, S, D)
        k, v = split_heads(packing.pad(self.global_kv(x)), 2, self.num_heads).permute(2, 0, 3, 1, 4).unbind(0)
        bias = None
        if packing.index is not None:
            bias = key_padding_bias(packing.lengths, packing.longest, x.dtype)
        mixed = attend(q, k, v, bias, self.scale)
        return torch.cat([mixed.transpose(1, 2).flatten(2), grid[:, 1:]], dim=1)


class BlockSumAttention(WindowAttention):
    """All see the sums of fixed blocks of the input, too (LongT5 "transient global", Guo et al. 2022)."""

    def __init__(self, spec: StackSpec, width: int, window: WindowSpec) -> None:
        super().__init__(spec, width, window)
        self.sum_norm = Norm(spec.norm, width)

    def _global_keys(self, x: Tensor, k: Tensor, v: Tensor, packing: Packing) -> tuple[Tensor, Tensor]:
        size = self.window.global_block
        num_rows, num_sums = packing.num_rows, packing.longest // size
        if num_sums == 0:
            return super()._global_keys(x, k, v, packing)
        rows = torch.repeat_interleave(torch.arange(num_rows, device=x.device), packing.lengths)
        num_full = packing.lengths // size
        places = sum_places(packing.positions, num_full[rows], size)
        # Place 0 of each row collects what belongs to no block: (N, M) -> (B * (G + 1), M) -> (B, G, M)
        sums = x.new_zeros(num_rows * (num_sums + 1), x.shape[1])
        sums.index_add_(0, rows * (num_sums + 1) + places + 1, x)
        sums = self.sum_norm(sums.view(num_rows, num_sums + 1, -1)[:, 1:])
        _, keys, values = split_heads(self.qkv(sums), 3, self.num_heads).unbind(2)
        return keys, values


def sum_places(positions: Tensor, num_full: Tensor, size: int) -> Tensor:
    """The block that each position is summed into: leftovers join the last full one; -1 if there is none."""
    return torch.minimum(positions // size, num_full - 1)
