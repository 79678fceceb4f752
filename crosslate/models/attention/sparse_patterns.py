"""The factorized patterns of Sparse Transformers (Child et al. 2019, section 4.3), for encoders: both ways.

Two tokens that do not see each other are two steps apart, by way of one that both see: two layers join all of
a source, at a cost of S times the square root of S where the stride is about that.
"""

from __future__ import annotations

import torch
from torch import Tensor

from crosslate.models.attention.blocks import Blocks
from crosslate.models.attention.dot_product import attend
from crosslate.models.attention.multi_head import SelfAttention, split_heads
from crosslate.models.layers.packing import Packing
from crosslate.models.specs.pattern_spec import FixedSpec, StridedSpec
from crosslate.models.specs.stack_spec import StackSpec


class StridedAttention(SelfAttention):
    """A token sees those less than a stride away, and all that are any number of strides away."""

    def __init__(self, spec: StackSpec, width: int, pattern: StridedSpec) -> None:
        super().__init__(spec, width)
        self.pattern = pattern

    def forward(self, x: Tensor, packing: Packing, bias: Tensor | None) -> Tensor:
        """(N, M), bias to (B * blocks, H, c, K + blocks) -> (N, M)."""
        if bias is None:
            raise ValueError("strided attention needs the bias that hides what a token does not see")
        blocks = Blocks.of_window(packing.longest, self.pattern.stride)
        q, k, v = split_heads(packing.pad(self.qkv(x)), 3, self.num_heads).unbind(2)
        # (B * blocks, c, H, D) x (B * blocks, K, H, D) -> (B * blocks, H, c, K)
        queries, near = blocks.split(q), blocks.neighbourhoods(k)
        to_near = torch.einsum("nchd,nkhd->nhck", queries, near)
        # The same place of every block: (B, blocks, c, H, D) twice -> (B, blocks, H, c, blocks)
        to_far = torch.einsum(
            "bnchd,bmchd->bnhcm", _by_row(queries, blocks), _by_row(blocks.split(k), blocks)
        )
        scores = torch.cat([to_near, to_far.flatten(0, 1)], dim=-1).mul_(self.scale).add_(bias)
        weights, num_near = torch.softmax(scores, dim=-1), near.shape[1]
        of_near, of_far = weights[..., :num_near], weights[..., num_near:]
        mixed = torch.einsum("nhck,nkhd->nchd", of_near, blocks.neighbourhoods(v))
        far = torch.einsum("bnhcm,bmchd->bnchd", _by_row(of_far, blocks), _by_row(blocks.split(v), blocks))
        return self.out(packing.unpad(blocks.join((mixed + far.flatten(0, 1)).flatten(2))))


class FixedAttention(SelfAttention):
    """A token sees its own block, and the last tokens of every block, which sum up what is before them."""

    def __init__(self, spec: StackSpec, width: int, pattern: FixedSpec) -> None:
        super().__init__(spec, width)
        self.pattern = pattern

    def forward(self, x: Tensor, packing: Packing, bias: Tensor | None) -> Tensor:
        """(N, M), bias to (B * blocks, H, c, c + G) -> (N, M). G: the last tokens of all blocks."""
        blocks = Blocks.disjoint(packing.longest, self.pattern.block_size, 0)
        q, k, v = split_heads(packing.pad(self.qkv(x)), 3, self.num_heads).unbind(2)
        keys, values = (
            torch.cat([blocks.split(of), blocks.for_each(self._sums(blocks, of))], dim=1).transpose(1, 2)
            for of in (k, v)
        )
        mixed = attend(blocks.split(q).transpose(1, 2), keys, values, bias, self.scale)
        return self.out(packing.unpad(blocks.join(mixed.transpose(1, 2).flatten(2))))

    def _sums(self, blocks: Blocks, x: Tensor) -> Tensor:
        """(B, S, H, D) -> (B, G, H, D)."""
        return _by_row(blocks.split(x), blocks)[:, :, -self.pattern.num_last :].flatten(1, 2)


def _by_row(x: Tensor, blocks: Blocks) -> Tensor:
    """(B * blocks, ...) -> (B, blocks, ...)."""
    return x.reshape(-1, blocks.num_blocks, *x.shape[1:])
