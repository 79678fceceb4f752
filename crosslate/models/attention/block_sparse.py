"""Encoder self-attention over the window, the first and the last block (BigBird, Zaheer et al. 2020).

Of the paper's random blocks only their weight is left: `transformers` draws them while training and puts the
first block in their place at inference, so that it counts several times.
"""

from __future__ import annotations

import torch
from torch import Tensor

from crosslate.models.attention.blocks import Blocks
from crosslate.models.attention.dot_product import attend
from crosslate.models.attention.multi_head import SelfAttention, split_heads
from crosslate.models.layers.masks import key_padding_bias
from crosslate.models.layers.packing import Packing
from crosslate.models.specs.pattern_spec import BlockSparseSpec
from crosslate.models.specs.stack_spec import StackSpec


class BlockSparseAttention(SelfAttention):
    """A token sees its block, both neighbours, the first and the last block; these two see everything.

    Sources that are too short to save anything are attended to in full.
    """

    def __init__(self, spec: StackSpec, width: int, pattern: BlockSparseSpec) -> None:
        super().__init__(spec, width)
        self.pattern = pattern

    def forward(self, x: Tensor, packing: Packing, bias: Tensor | None) -> Tensor:
        """(N, M), bias to (long sources * blocks, H, c, 5 * c) -> (N, M)."""
        # (N, 3 * H * D) -> (B, S, 3, H, D)
        qkv = packing.pad(split_heads(self.qkv(x), 3, self.num_heads))
        is_long = is_sparse(packing.lengths, self.pattern)
        long, short = is_long.nonzero()[:, 0], (~is_long).nonzero()[:, 0]
        mixed = x.new_empty(*qkv.shape[:2], self.inner_dim)
        if len(short):
            lengths = packing.lengths[short]
            longest = int(lengths.max())
            mixed[short, :longest] = self._attend_in_full(qkv[short, :longest], lengths)
        if len(long):
            mixed[long] = self._attend_in_blocks(qkv[long], packing.lengths[long], bias)
        return self.out(packing.unpad(mixed))

    def _attend_in_full(self, qkv: Tensor, lengths: Tensor) -> Tensor:
        """(B, S, 3, H, D) -> (B, S, H * D)."""
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        bias = key_padding_bias(lengths, qkv.shape[1], qkv.dtype)
        return attend(q, k, v, bias, self.scale).transpose(1, 2).flatten(2)

    def _attend_in_blocks(self, qkv: Tensor, lengths: Tensor, bias: Tensor | None) -> Tensor:
        """(B, S, 3, H, D) -> (B, S, H * D)."""
        size, longest = self.pattern.block_size, qkv.shape[1]
        blocks = Blocks.of_window(longest, size)
        last = last_block(lengths, size)
        rows = torch.arange(len(lengths), device=lengths.device)[:, None].expand_as(last)
        # What all see, and what sees all: (B, 2 * c, 3, H, D)
        ends = torch.cat([qkv[:, :size], qkv[rows, last.clamp(max=longest - 1)]], dim=1)
        q, k, v = qkv.unbind(2)
        end_q, end_k, end_v = ends.unbind(2)
        keys = torch.cat([blocks.neighbourhoods(k), blocks.for_each(end_k)], dim=1).transpose(1, 2)
        values = torch.cat([blocks.neighbourhoods(v), blocks.for_each(end_v)], dim=1).transpose(1, 2)
        near = attend(blocks.split(q).transpose(1, 2), keys, values, bias, self.scale)
        mixed = blocks.join(near.transpose(1, 2).flatten(2))
        padding = key_padding_bias(lengths, longest, qkv.dtype)
        everything = attend(end_q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), padding, self.scale)
        everything = everything.transpose(1, 2).flatten(2)
        mixed[:, :size] = everything[:, :size]
        is_token = last < lengths[:, None]
        mixed[rows[is_token], last[is_token]] = everything[:, size:][is_token]
        return mixed


def is_sparse(lengths: Tensor, pattern: BlockSparseSpec) -> Tensor:
    """Whether sources are long enough for their blocks not to meet: (B,)."""
    return lengths > (5 + 2 * pattern.num_random_blocks) * pattern.block_size


def last_block(lengths: Tensor, size: int) -> Tensor:
    """Positions of each source's last block, some of them behind its end: (B, c)."""
    starts = (lengths - 1) // size * size
    return starts[:, None] + torch.arange(size, device=lengths.device)
