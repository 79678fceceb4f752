"""Encoder self-attention within blocks, and with global tokens that see all (PEGASUS-X, Phang et al. 2022).

Global tokens stand before the sources' own: B * G of them, then N.
"""

from __future__ import annotations

import torch
from torch import Tensor

from crosslate.models.attention.blocks import Blocks
from crosslate.models.attention.dot_product import attend
from crosslate.models.attention.multi_head import SelfAttention, split_heads
from crosslate.models.layers.masks import key_padding_bias
from crosslate.models.layers.packing import Packing
from crosslate.models.specs.pattern_spec import StaggeredBlockSpec
from crosslate.models.specs.stack_spec import StackSpec


class StaggeredBlockAttention(SelfAttention):
    """A token sees its block and the global tokens; these see everything of their source."""

    def __init__(self, spec: StackSpec, width: int, pattern: StaggeredBlockSpec, layer: int) -> None:
        super().__init__(spec, width)
        self.pattern = pattern
        self.layer = layer

    def forward(self, x: Tensor, packing: Packing, bias: Tensor | None) -> Tensor:
        """(B * G + N, M), bias to (B * blocks, H, c, c + G) -> (B * G + N, M)."""
        num_global = packing.num_rows * self.pattern.num_global_tokens
        # (..., 3 * H * D) -> (..., 3, H, D)
        qkv = split_heads(self.qkv(x), 3, self.num_heads)
        # (B, G, 3, H, D) and (B, S, 3, H, D)
        of_global = qkv[:num_global].view(packing.num_rows, -1, *qkv.shape[1:])
        of_tokens = packing.pad(qkv[num_global:])
        tokens = packing.unpad(self._attend_in_blocks(of_global, of_tokens, packing, bias))
        everything = self._attend_everywhere(of_global, of_tokens, packing).flatten(0, 1)
        return self.out(torch.cat([everything, tokens]))

    def _attend_in_blocks(
        self, of_global: Tensor, of_tokens: Tensor, packing: Packing, bias: Tensor | None
    ) -> Tensor:
        """Of the tokens: -> (B, S, H * D)."""
        blocks = staggered_blocks(self.pattern, packing.longest, self.layer)
        q, k, v = blocks.split(of_tokens).unbind(2)
        _, global_k, global_v = blocks.for_each(of_global).unbind(2)
        keys, values = torch.cat([k, global_k], dim=1), torch.cat([v, global_v], dim=1)
        mixed = attend(q.transpose(1, 2), keys.transpose(1, 2), values.transpose(1, 2), bias, self.scale)
        return blocks.join(mixed.transpose(1, 2).flatten(2))

    def _attend_everywhere(self, of_global: Tensor, of_tokens: Tensor, packing: Packing) -> Tensor:
        """Of the global tokens: -> (B, G, H * D)."""
        num_global = of_global.shape[1]
        q = of_global[:, :, 0].transpose(1, 2)
        # (B, G + S, 3, H, D) -> (B, H, G + S, D)
        _, k, v = torch.cat([of_global, of_tokens], dim=1).permute(2, 0, 3, 1, 4).unbind(0)
        lengths = packing.lengths + num_global
        bias = key_padding_bias(lengths, num_global + packing.longest, q.dtype)
        return attend(q, k, v, bias, self.scale).transpose(1, 2).flatten(2)


def staggered_blocks(pattern: StaggeredBlockSpec, longest: int, layer: int) -> Blocks:
    """The blocks of a layer, counted from 0."""
    is_shifted = pattern.staggers and layer % 2 == 1
    return Blocks.disjoint(longest, pattern.block_size, pattern.block_size // 2 if is_shifted else 0)
