"""Multi-head attention: over a source's own tokens, over the target so far, from target to source.

Each kind is its own class, since each has its own keys: the encoder's exist for one call, the decoder's
self-attention keys grow, the cross-attention keys are written once per source.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from crosslate.models.attention.dot_product import attend, attention_weights
from crosslate.models.layers.layers import Linear
from crosslate.models.layers.mixers import Mixer
from crosslate.models.layers.packing import Packing
from crosslate.models.layers.state import State, TensorSpec
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.native.kept_vectors import num_places, opened, shortened
from crosslate.models.native.kernels import Kernels, load_kernels
from crosslate.models.specs.stack_spec import StackSpec


def ragged_kernels(head_dim: int, dtype: torch.dtype, device: torch.device) -> Kernels | None:
    """The kernels, if they can attend over rows of unequal length without a mask, with such heads."""
    is_fit = dtype == torch.float32 and device.type == "cpu" and head_dim % 8 == 0
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


class CausalSelfAttention(SelfAttention, Mixer):
    """A target token sees itself and those before it.

    Beams leave what they wrote where it is, if attention can follow them: `origins` (R, W, T) says which
    lane wrote each position, so that to reorder lanes is to reorder these small numbers. Where attention
    cannot, lanes are copied, and there are no `origins`.

    Attributes:
        keeps_shorts: half as wide, as `kept_vectors` says; see `crosslate.models.int8.compiled`.
    """

    keeps_shorts = False

    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> State:
        """Keys and values of the target so far: 2 x (R, W, H, T, D), or as many places as shorts take."""
        follows = num_lanes > 1 and ragged_kernels(self.head_dim, dtype, device) is not None
        places = num_places(self.head_dim, is_short=self.keeps_shorts)
        kept_as = torch.int16 if self.keeps_shorts else dtype
        kept = TensorSpec(("row", "lane", self.num_heads, "target", places), kept_as, stays=follows)
        specs = {"keys": kept, "values": kept}
        if follows:
            specs["origins"] = TensorSpec(("row", "lane", "target"), torch.int32)
        return State.empty(specs, num_lanes, device)

    def step(self, x: Tensor, state: State, layout: StepLayout) -> Tensor:
        """One new token per lane: (R, W, M) -> (R, W, M); its key and value join the state."""
        qkv = self.qkv(x)
        keys, values = state["keys"][: layout.num_rows], state["values"][: layout.num_rows]
        kernels = load_kernels()
        if layout.lane_lengths is not None and kernels is not None:
            mixed = kernels.attend_appended(
                qkv,
                keys,
                values,
                lengths=layout.lane_lengths,
                origins=state.tensors.get("origins"),
                scale=self.scale,
                bias=layout.self_bias,
            )
            return self.out(mixed)
        # (R, W, 3 * H * D) -> 3 x (R, W, H, D)
        q, k, v = split_heads(qkv, 3, self.num_heads).unbind(2)
        rows = torch.arange(layout.num_rows, device=k.device)
        keys[rows, :, :, layout.positions] = k
        values[rows, :, :, layout.positions] = v
        # lanes are rows here: each has keys of its own
        mixed = attend(
            q.flatten(0, 1)[:, :, None],
            keys.flatten(0, 1)[:, :, : layout.longest_target],
            values.flatten(0, 1)[:, :, : layout.longest_target],
            layout.self_bias,
            self.scale,
        )
        # (R * W, H, 1, D) -> (R, W, H * D)
        return self.out(mixed.reshape(*x.shape[:2], self.inner_dim))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """All target tokens at once: (B, T, M), bias to (B, H, T, T) -> (B, T, M)."""
        qkv = split_heads(self.qkv(x), 3, self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        return self.out(attend(q, k, v, bias, self.scale).transpose(1, 2).flatten(2))


class CrossAttention(nn.Module):
    """Target tokens look at the source. The lanes of a row (beams) are several queries on one row of keys.

    Attributes:
        keeps_shorts: half as wide, as `kept_vectors` says; see `crosslate.models.int8.compiled`.
    """

    keeps_shorts = False

    def __init__(self, spec: StackSpec, width: int) -> None:
        super().__init__()
        self.num_heads = spec.num_heads
        self.head_dim = spec.head_dim
        self.scale = spec.attention_scale
        self.q = Linear(width, spec.inner_dim, bias=spec.attention_bias)
        self.kv = Linear(width, 2 * spec.inner_dim, bias=spec.attention_bias)
        self.out = Linear(spec.inner_dim, width, bias=spec.attention_output_bias)

    @property
    def num_stored_heads(self) -> int:
        """Of keys and values."""
        return self.num_heads

    def _specs(self, dtype: torch.dtype) -> dict[str, TensorSpec]:
        places = num_places(self.head_dim, is_short=self.keeps_shorts)
        kept_as = torch.int16 if self.keeps_shorts else dtype
        kept = TensorSpec(("row", self.num_stored_heads, "source", places), kept_as)
        return {"keys": kept, "values": kept}

    def new_memory(self, dtype: torch.dtype, device: torch.device) -> State:
        """Keys and values of sources, 2 x (R, H, S, D), or as many places as shorts take: so far of none."""
        return State.empty(self._specs(dtype), 1, device)

    def project_source(self, encoded: Tensor, packing: Packing) -> State:
        """Keys and values of sources: (N, M) -> 2 x (B, H, S, D), or as many places as shorts take."""
        grid = split_heads(packing.pad(self.kv(encoded)), 2, self.num_stored_heads)
        keys, values = grid.permute(2, 0, 3, 1, 4).unbind(0)
        specs = self._specs(keys.dtype)
        if self.keeps_shorts:
            keys, values = shortened(keys, is_value=False), shortened(values, is_value=True)
        return State(specs, {"keys": keys, "values": values})

    def _keys(self, memory: State) -> Tensor:
        return opened(memory["keys"], self.head_dim, is_value=False)

    def _values(self, memory: State) -> Tensor:
        return opened(memory["values"], self.head_dim, is_value=True)

    def _queries(self, x: Tensor) -> Tensor:
        # (R, W, M) -> (R, H, W, D)
        return self.q(x).view(*x.shape[:-1], self.num_heads, -1).transpose(1, 2)

    def forward(self, x: Tensor, memory: State, bias: Tensor | None) -> Tensor:
        """(R, W, M), bias to (R, H, W, S) -> (R, W, M). The memory holds these rows' sources and no more."""
        mixed = attend(self._queries(x), self._keys(memory), self._values(memory), bias, self.scale)
        return self.out(mixed.transpose(1, 2).flatten(2))

    def step(self, x: Tensor, memory: State, layout: StepLayout) -> Tensor:
        """One new token per lane: (R, W, M) -> (R, W, M)."""
        kernels = load_kernels()
        used = memory.used(layout.num_rows, layout.longest_source)
        if layout.source_lengths is None or kernels is None:
            return self.forward(x, used, layout.cross_bias)
        q = self.q(x).view(*x.shape[:2], self.num_heads, self.head_dim)
        mixed = kernels.attend_cached(
            q, used["keys"], used["values"], lengths=layout.source_lengths, scale=self.scale, bias=None
        )
        return self.out(mixed.view(*x.shape[:2], -1))

    def weights(self, x: Tensor, memory: State, bias: Tensor | None, heads: Sequence[int]) -> Tensor:
        """How much each target position looks at each source position, by some of the H heads.

        (R, W, M), bias to (R, 1, W, S) -> (R, len(heads), W, S), float32.
        """
        queries, keys = self._queries(x), self._keys(memory)
        if len(heads) < self.num_heads:
            chosen = list(heads)
            queries, keys = queries[:, chosen], keys[:, chosen]
        return attention_weights(queries, keys, bias, self.scale)
