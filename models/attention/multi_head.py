"""Multi-head attention: over a source's own tokens, over the target so far, from target to source.

Each kind is its own class, since each has its own keys: the encoder's exist for one call, the decoder's
self-attention keys grow, the cross-attention keys are written once per source.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.attention.dot_product import attend, attention_weights
from models.kv_cache import CrossKVCache, LayerCache, SelfKVCache, StepLayout
from models.layers import Linear
from models.native.kernels import Kernels, load_kernels
from models.packing import Packing
from models.spec import StackSpec


def ragged_kernels(spec: StackSpec, dtype: torch.dtype, device: torch.device) -> Kernels | None:
    """The kernels, if they can attend over this stack's rows of unequal length without a mask."""
    is_fit = dtype == torch.float32 and device.type == "cpu" and spec.head_dim % 8 == 0
    return load_kernels() if is_fit else None


def split_heads(x: Tensor, num_parts: int, num_heads: int) -> Tensor:
    """(..., parts * H * D) -> (..., parts, H, D)."""
    return x.view(*x.shape[:-1], num_parts, num_heads, -1)


class SelfAttention(nn.Module):
    """Query, key and value come from the same tokens, in one product."""

    def __init__(self, spec: StackSpec, width: int) -> None:
        super().__init__()
        self.num_heads = spec.num_heads
        self.head_dim = spec.head_dim
        self.inner_dim = spec.inner_dim
        self.scale = spec.attention_scale
        self.qkv = Linear(width, 3 * spec.inner_dim, bias=spec.attention_bias)
        self.out = Linear(spec.inner_dim, width, bias=spec.attention_output_bias)


class EncoderSelfAttention(SelfAttention):
    """Every token of a source sees every other."""

    def forward(self, x: Tensor, packing: Packing, bias: Tensor | None) -> Tensor:
        """(N, M), bias to (B, H, S, S) -> (N, M)."""
        qkv = self.qkv(x)
        kernels = load_kernels()
        if packing.offsets is not None and kernels is not None:
            mixed = kernels.attend_packed(
                qkv, packing.offsets, num_heads=self.num_heads, scale=self.scale, bias=bias
            )
            return self.out(mixed)
        # (N, 3 * H * D) -> (B, S, 3, H, D) -> 3 x (B, H, S, D)
        grid = split_heads(packing.pad(qkv), 3, self.num_heads)
        q, k, v = grid.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = attend(q, k, v, bias, self.scale)
        # (B, H, S, D) -> (N, H * D)
        return self.out(packing.unpad(mixed.transpose(1, 2).flatten(2)))


class CausalSelfAttention(SelfAttention):
    """A target token sees itself and those before it."""

    def step(self, x: Tensor, cache: LayerCache, layout: StepLayout) -> Tensor:
        """One new token per lane: (R, W, M) -> (R, W, M); its key and value join the cache."""
        assert isinstance(cache, SelfKVCache)
        qkv = self.qkv(x)
        kernels = load_kernels()
        if layout.lane_lengths is not None and kernels is not None:
            mixed = kernels.attend_appended(
                qkv,
                cache.keys[: layout.num_rows],
                cache.values[: layout.num_rows],
                lengths=layout.lane_lengths,
                origins=cache.origins,
                scale=self.scale,
                bias=layout.self_bias,
            )
            return self.out(mixed)
        # (R, W, 3 * H * D) -> 3 x (R, W, H, D)
        q, k, v = split_heads(qkv, 3, self.num_heads).unbind(2)
        cache.append(k, v, layout)
        keys, values = cache.view(layout)
        # lanes are rows here: each has keys of its own
        mixed = attend(q.flatten(0, 1)[:, :, None], keys, values, layout.self_bias, self.scale)
        # (R * W, H, 1, D) -> (R, W, H * D)
        return self.out(mixed.reshape(*x.shape[:2], self.inner_dim))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """All target tokens at once: (B, T, M), bias to (B, H, T, T) -> (B, T, M)."""
        qkv = split_heads(self.qkv(x), 3, self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        return self.out(attend(q, k, v, bias, self.scale).transpose(1, 2).flatten(2))


class CrossAttention(nn.Module):
    """Target tokens look at the source. The lanes of a row (beams) are several queries on one row of keys."""

    def __init__(self, spec: StackSpec, width: int) -> None:
        super().__init__()
        self.num_heads = spec.num_heads
        self.head_dim = spec.head_dim
        self.scale = spec.attention_scale
        self.q = Linear(width, spec.inner_dim, bias=spec.attention_bias)
        self.kv = Linear(width, 2 * spec.inner_dim, bias=spec.attention_bias)
        self.out = Linear(spec.inner_dim, width, bias=spec.attention_output_bias)

    def project_source(self, encoded: Tensor, packing: Packing) -> tuple[Tensor, Tensor]:
        """Keys and values of sources: (N, M) -> 2 x (B, H, S, D)."""
        grid = split_heads(packing.pad(self.kv(encoded)), 2, self.num_heads)
        keys, values = grid.permute(2, 0, 3, 1, 4).unbind(0)
        return keys, values

    def _queries(self, x: Tensor) -> Tensor:
        # (R, W, M) -> (R, H, W, D)
        return self.q(x).view(*x.shape[:-1], self.num_heads, -1).transpose(1, 2)

    def forward(self, x: Tensor, keys: Tensor, values: Tensor, bias: Tensor | None) -> Tensor:
        """(R, W, M), (R, H, S, D), bias to (R, H, W, S) -> (R, W, M)."""
        mixed = attend(self._queries(x), keys, values, bias, self.scale)
        return self.out(mixed.transpose(1, 2).flatten(2))

    def step(self, x: Tensor, cache: CrossKVCache, layout: StepLayout) -> Tensor:
        """One new token per lane: (R, W, M) -> (R, W, M)."""
        kernels = load_kernels()
        keys, values = cache.view(layout.num_rows, layout.longest_source)
        if layout.source_lengths is None or kernels is None:
            return self.forward(x, keys, values, layout.cross_bias)
        q = self.q(x).view(*x.shape[:2], self.num_heads, self.head_dim)
        mixed = kernels.attend_cached(
            q, keys, values, lengths=layout.source_lengths, scale=self.scale, bias=None
        )
        return self.out(mixed.view(*x.shape[:2], -1))

    def weights(self, x: Tensor, keys: Tensor, bias: Tensor | None, heads: Sequence[int]) -> Tensor:
        """How much each target position looks at each source position, by some of the H heads.

        (R, W, M), (R, H, S, D), bias to (R, 1, W, S) -> (R, len(heads), W, S), float32.
        """
        queries = self._queries(x)
        if len(heads) < self.num_heads:
            chosen = list(heads)
            queries, keys = queries[:, chosen], keys[:, chosen]
        return attention_weights(queries, keys, bias, self.scale)
