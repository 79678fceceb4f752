"""What an encoder's layers add to their attention scores: who may be seen, and relative positions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import cycle, islice, repeat

import torch
from torch import Tensor, nn

from crosslate.models.attention.block_sparse import is_sparse, last_block
from crosslate.models.attention.blocks import Blocks
from crosslate.models.attention.relative_bias import RelativeBias, all_offsets, build_relative_bias
from crosslate.models.attention.staggered import staggered_blocks
from crosslate.models.attention.window import sum_places
from crosslate.models.layers.masks import bias_against, hiding_bias, key_padding_bias
from crosslate.models.layers.packing import Packing
from crosslate.models.specs.pattern_spec import (
    BlockSparseSpec,
    FixedSpec,
    StaggeredBlockSpec,
    StridedSpec,
    WindowSpec,
)
from crosslate.models.specs.stack_spec import LinearAttentionSpec, StackSpec


class FullBias(nn.Module):
    """Every token sees every other of its source."""

    def __init__(self, spec: StackSpec) -> None:
        super().__init__()
        self.relative = build_relative_bias(spec, is_bidirectional=True)

    def forward(self, packing: Packing, dtype: torch.dtype) -> Iterator[Tensor | None]:
        """Per layer, to (B, H, S, S)."""
        padding = None
        if packing.index is not None and packing.offsets is None:
            padding = key_padding_bias(packing.lengths, packing.longest, dtype)
        if self.relative is None:
            return repeat(padding)
        return self.relative.per_layer(all_offsets(packing.longest, packing.lengths.device), padding)


class WindowBias(nn.Module):
    """A token sees its window, and what all see."""

    def __init__(self, spec: StackSpec, window: WindowSpec) -> None:
        super().__init__()
        self.window = window
        self.num_layers = spec.num_layers
        self.relative = build_relative_bias(spec, is_bidirectional=True)
        self.relative_to_sums: RelativeBias | None = None
        if window.seen_by_all == "block_sums":
            self.relative_to_sums = build_relative_bias(spec, is_bidirectional=True)

    def forward(self, packing: Packing, dtype: torch.dtype) -> Iterator[Tensor | None]:
        """Per layer, to (B * blocks, H, c, K + G)."""
        blocks = Blocks.of_window(packing.longest, self.window.radius)
        mask = self._mask(packing, blocks, dtype)
        if self.window.seen_by_all == "first_token":
            # The first token stands apart, behind the window's keys, and everyone sees it there.
            return repeat(torch.cat([mask, mask.new_zeros(*mask.shape[:-1], 1)], dim=-1))
        if self.relative is None:
            return repeat(mask)
        near = self.relative.per_layer(blocks.offsets(mask.device)[None], mask)
        if self.relative_to_sums is None:
            return near
        return (
            torch.cat([bias, blocks.split(far.transpose(1, 2)).transpose(1, 2)], dim=-1)
            for bias, far in zip(near, self._to_sums(self.relative_to_sums, packing, dtype), strict=True)
        )

    def _mask(self, packing: Packing, blocks: Blocks, dtype: torch.dtype) -> Tensor:
        """Who is in whose window: (B * blocks, 1, c, K)."""
        device = packing.lengths.device
        keys = blocks.key_positions(device)
        first = 1 if self.window.seen_by_all == "first_token" else 0
        # (B, blocks, 1, K) and (c, K) -> (B, blocks, c, K)
        is_token = ((keys >= first) & (keys < packing.lengths[:, None, None]))[:, :, None]
        is_visible = is_token & (blocks.offsets(device).abs() <= self.window.radius)
        return bias_against(~is_visible, torch.finfo(dtype).min, dtype).flatten(0, 1)[:, None]

    def _to_sums(self, relative: RelativeBias, packing: Packing, dtype: torch.dtype) -> Iterator[Tensor]:
        """Per layer, (B, H, S, G)."""
        size, device = self.window.global_block, packing.lengths.device
        num_full, num_sums = packing.lengths // size, packing.longest // size
        positions = torch.arange(packing.longest, device=device)
        # (B, S) -> (B, S, G)
        places = sum_places(positions[None, :], num_full[:, None], size)
        offsets = torch.arange(num_sums, device=device) - places[:, :, None]
        return relative.per_layer(offsets, key_padding_bias(num_full, num_sums, dtype))


class StaggeredBias(nn.Module):
    """A token sees its block, which is another in every second layer, and the global tokens."""

    def __init__(self, spec: StackSpec, pattern: StaggeredBlockSpec) -> None:
        super().__init__()
        self.pattern = pattern
        self.num_layers = spec.num_layers

    def forward(self, packing: Packing, dtype: torch.dtype) -> Iterator[Tensor | None]:
        """Per layer, to (B * blocks, H, c, c + G)."""
        masks = [self._mask(packing, dtype, layer) for layer in range(min(2, self.num_layers))]
        return islice(cycle(masks), self.num_layers)

    def _mask(self, packing: Packing, dtype: torch.dtype, layer: int) -> Tensor:
        """What of its block is a token, and all global tokens: (B * blocks, 1, 1, c + G)."""
        keys = staggered_blocks(self.pattern, packing.longest, layer).key_positions(packing.lengths.device)
        # (blocks, c) and (B, 1, 1) -> (B, blocks, c) -> (B * blocks, c)
        is_token = ((keys >= 0) & (keys < packing.lengths[:, None, None])).flatten(0, 1)
        mask = bias_against(~is_token, torch.finfo(dtype).min, dtype)
        return nn.functional.pad(mask, (0, self.pattern.num_global_tokens))[:, None, None, :]


class BlockSparseBias(nn.Module):
    """A token of a long source sees neighbouring blocks, the first one several times, and the last one."""

    def __init__(self, pattern: BlockSparseSpec) -> None:
        super().__init__()
        self.pattern = pattern

    def forward(self, packing: Packing, dtype: torch.dtype) -> Iterator[Tensor | None]:
        """Per layer, to (long sources * blocks, H, c, 5 * c); None where there are none."""
        lengths = packing.lengths[is_sparse(packing.lengths, self.pattern)]
        return repeat(self._bias(lengths, packing.longest, dtype) if len(lengths) else None)

    def _bias(self, lengths: Tensor, longest: int, dtype: torch.dtype) -> Tensor:
        size, blocks = self.pattern.block_size, Blocks.of_window(longest, self.pattern.block_size)
        hidden = torch.finfo(dtype).min
        last = last_block(lengths, size)
        # The ends stand apart: (blocks, 3 * c) and (B, 1, 1) -> (B, blocks, 3 * c)
        keys = blocks.key_positions(lengths.device)
        is_between = (keys >= size) & (keys < last[:, :1, None])
        near = bias_against(~is_between, hidden, dtype)
        first = torch.full_like(near[..., :size], math.log(1 + self.pattern.num_random_blocks))
        behind = torch.zeros_like(first).masked_fill_((last >= lengths[:, None])[:, None], hidden)
        return torch.cat([near, first, behind], dim=-1).flatten(0, 1)[:, None, None]


class StridedBias(nn.Module):
    """A token sees those less than a stride away, and all that are any number of strides away."""

    def __init__(self, pattern: StridedSpec) -> None:
        super().__init__()
        self.pattern = pattern

    def forward(self, packing: Packing, dtype: torch.dtype) -> Iterator[Tensor | None]:
        """Per layer, to (B * blocks, H, c, K + blocks)."""
        blocks, device = Blocks.of_window(packing.longest, self.pattern.stride), packing.lengths.device
        is_token = _are_tokens(blocks.key_positions(device), packing.lengths)
        # (B, blocks, 1, K) and (c, K) -> (B, blocks, c, K)
        is_near = is_token[:, :, None] & (blocks.offsets(device).abs() < self.pattern.stride)
        starts = torch.arange(blocks.num_blocks, device=device) * blocks.size
        # (B, 1, c, blocks) and (blocks, 1, blocks) -> (B, blocks, c, blocks)
        places = starts + torch.arange(blocks.size, device=device)[:, None]
        is_other = (starts[:, None] != starts)[:, None]
        is_far = _are_tokens(places, packing.lengths)[:, None] & is_other
        is_seen = torch.cat([is_near, is_far], dim=-1).flatten(0, 1)[:, None]
        return repeat(bias_against(~is_seen, hiding_bias(dtype), dtype))


class FixedBias(nn.Module):
    """A token sees its own block, and the last tokens of every block."""

    def __init__(self, pattern: FixedSpec) -> None:
        super().__init__()
        self.pattern = pattern

    def forward(self, packing: Packing, dtype: torch.dtype) -> Iterator[Tensor | None]:
        """Per layer, to (B * blocks, H, c, c + G)."""
        blocks = Blocks.disjoint(packing.longest, self.pattern.block_size, 0)
        keys = blocks.key_positions(packing.lengths.device)
        own = _are_tokens(keys, packing.lengths)
        # (blocks, num_last) -> (B, G); a block sees its own last tokens once
        last = _are_tokens(keys[:, -self.pattern.num_last :], packing.lengths)
        is_other = ~torch.eye(len(keys), dtype=torch.bool, device=keys.device)
        others = (last[:, None] & is_other[:, :, None]).flatten(2)
        is_seen = torch.cat([own, others], dim=-1).flatten(0, 1)[:, None, None]
        return repeat(bias_against(~is_seen, hiding_bias(dtype), dtype))


def _are_tokens(positions: Tensor, lengths: Tensor) -> Tensor:
    """Whether positions (...) are within each source: (B, ...)."""
    return (positions >= 0) & (positions < lengths.view(-1, *[1] * positions.dim()))


EncoderBias = FullBias | WindowBias | StaggeredBias | BlockSparseBias | StridedBias | FixedBias


def build_encoder_bias(spec: StackSpec) -> EncoderBias:
    """What goes with the stack's attention."""
    if isinstance(spec.pattern, BlockSparseSpec):
        return BlockSparseBias(spec.pattern)
    if spec.pattern is None or isinstance(spec.pattern, LinearAttentionSpec):
        return FullBias(spec)
    if isinstance(spec.pattern, StaggeredBlockSpec):
        return StaggeredBias(spec, spec.pattern)
    if isinstance(spec.pattern, StridedSpec):
        return StridedBias(spec.pattern)
    if isinstance(spec.pattern, FixedSpec):
        return FixedBias(spec.pattern)
    return WindowBias(spec, spec.pattern)
