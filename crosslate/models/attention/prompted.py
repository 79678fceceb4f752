"""Attention that also looks at learned keys and values, the same for every text (Li and Liang 2021).

They stand before those of the tokens. What a head says of where it looks is of the tokens alone.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from crosslate.models.attention.dot_product import attend
from crosslate.models.attention.multi_head import (
    CausalSelfAttention,
    CrossAttention,
    EncoderSelfAttention,
    split_heads,
)
from crosslate.models.layers.packing import Packing
from crosslate.models.layers.state import State, TensorSpec
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.native.kernels import load_kernels
from crosslate.models.specs.stack_spec import StackSpec


class Prompts(nn.Module):
    """P keys and values for each head."""

    def __init__(self, spec: StackSpec) -> None:
        super().__init__()
        shape = (spec.num_heads, spec.num_prompts, spec.head_dim)
        self.scale = spec.attention_scale
        self.keys = nn.Parameter(torch.empty(shape), requires_grad=False)
        self.values = nn.Parameter(torch.empty(shape), requires_grad=False)

    def attend(self, q: Tensor, keys: Tensor, values: Tensor, bias: Tensor | None) -> Tensor:
        """(B, H, T, D), 2 x (B, H, S, D), bias to (B, H, T, S) -> (B, H, T, D)."""
        if bias is not None:
            bias = nn.functional.pad(bias, (self.keys.shape[1], 0))  # nothing hides a prompt
        return attend(q, *self._before(keys, values), bias, self.scale)

    def attend_ragged(self, q: Tensor, keys: Tensor, values: Tensor, lengths: Tensor) -> Tensor:
        """By the compiled kernels: (R, W, H, D), 2 x (R, H, S, D), of which (R,) count -> (R, W, H, D)."""
        kernels = load_kernels()
        assert kernels is not None, "rows are ragged only where there are kernels for them"
        before = self._before(keys, values)
        return kernels.attend_cached(
            q, *before, lengths=lengths + self.keys.shape[1], scale=self.scale, bias=None
        )

    def _before(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """2 x (B, H, S, D) -> 2 x (B, H, P + S, D)."""
        rows = keys.shape[0]
        return (
            torch.cat([self.keys.expand(rows, -1, -1, -1), keys], dim=2),
            torch.cat([self.values.expand(rows, -1, -1, -1), values], dim=2),
        )


class PromptedEncoderAttention(EncoderSelfAttention):
    """Every token of a source sees every other, and the prompts."""

    def __init__(self, spec: StackSpec, width: int) -> None:
        super().__init__(spec, width)
        self.prompts = Prompts(spec)

    def forward(self, x: Tensor, packing: Packing, bias: Tensor | None) -> Tensor:
        # (N, 3 * H * D) -> 3 x (B, S, H, D)
        q, k, v = split_heads(packing.pad(self.qkv(x)), 3, self.num_heads).unbind(2)
        keys, values = k.transpose(1, 2), v.transpose(1, 2)
        if packing.offsets is not None and load_kernels() is not None:
            mixed = self.prompts.attend_ragged(q, keys, values, packing.lengths)
        else:
            mixed = self.prompts.attend(q.transpose(1, 2), keys, values, bias).transpose(1, 2)
        # (B, S, H, D) -> (N, H * D)
        return self.out(packing.unpad(mixed.flatten(2)))


class PromptedCausalAttention(CausalSelfAttention):
    """A target token sees itself, those before it, and the prompts."""

    def __init__(self, spec: StackSpec, width: int) -> None:
        super().__init__(spec, width)
        self.prompts = Prompts(spec)

    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> State:
        """Keys and values of the target so far: 2 x (R, W, H, T, D)."""
        kept = TensorSpec(("row", "lane", self.num_heads, "target", self.head_dim), dtype)
        return State.empty({"keys": kept, "values": kept}, num_lanes, device)

    def step(self, x: Tensor, state: State, layout: StepLayout) -> Tensor:
        q, k, v = split_heads(self.qkv(x), 3, self.num_heads).unbind(2)
        written = (state["keys"][: layout.num_rows], state["values"][: layout.num_rows])
        rows = torch.arange(layout.num_rows, device=k.device)
        for kept, new in zip(written, (k, v), strict=True):
            kept[rows, :, :, layout.positions] = new
        # lanes are rows here: (R, W, H, T, D) -> (R * W, H, T, D)
        keys, values = (kept.flatten(0, 1)[:, :, : layout.longest_target] for kept in written)
        q = q.flatten(0, 1)[:, None]  # (R * W, 1, H, D)
        if layout.lane_lengths is not None and load_kernels() is not None:
            mixed = self.prompts.attend_ragged(q, keys, values, layout.lane_lengths)
        else:
            mixed = self.prompts.attend(q.transpose(1, 2), keys, values, layout.self_bias)
        # H * D numbers for each lane, in either order of the axis of one
        return self.out(mixed.reshape(*x.shape[:2], self.inner_dim))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        qkv = split_heads(self.qkv(x), 3, self.num_heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        return self.out(self.prompts.attend(q, k, v, bias).transpose(1, 2).flatten(2))


class PromptedCrossAttention(CrossAttention):
    """Target tokens look at the source, and at the prompts."""

    def __init__(self, spec: StackSpec, width: int) -> None:
        super().__init__(spec, width)
        self.prompts = Prompts(spec)

    def forward(self, x: Tensor, memory: State, bias: Tensor | None) -> Tensor:
        mixed = self.prompts.attend(self._queries(x), memory["keys"], memory["values"], bias)
        return self.out(mixed.transpose(1, 2).flatten(2))

    def step(self, x: Tensor, memory: State, layout: StepLayout) -> Tensor:
        used = memory.used(layout.num_rows, layout.longest_source)
        if layout.source_lengths is None or load_kernels() is None:
            return self.forward(x, used, layout.cross_bias)
        q = self.q(x).view(*x.shape[:2], self.num_heads, self.head_dim)
        mixed = self.prompts.attend_ragged(q, used["keys"], used["values"], layout.source_lengths)
        return self.out(mixed.flatten(2))
