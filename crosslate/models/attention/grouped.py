"""Attention whose query heads share keys and values in groups (Ainslie et al. 2023), as Gemma has it.

Scores may be capped by a hyperbolic tangent; positions are rotations; some layers see a window only.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from crosslate.models.attention.multi_head import CrossAttention, split_heads
from crosslate.models.attention.rotary import rotate
from crosslate.models.layers.layers import Linear, Norm
from crosslate.models.layers.masks import bias_against, hiding_bias
from crosslate.models.layers.mixers import Mixer
from crosslate.models.layers.packing import Packing
from crosslate.models.layers.state import State, TensorSpec
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.specs.stack_spec import GroupedSpec, StackSpec

MAX_QUERIES = 512
"""What looks at a long source at once: scores of all its tokens would not fit into memory."""


class GroupedScores:
    """From queries (B, H, T, D) and keys (B, K, S, D) to weights, H / K heads on each of the K."""

    def __init__(self, spec: StackSpec, grouped: GroupedSpec) -> None:
        self.scale = spec.attention_scale
        self.cap = grouped.score_cap

    def weights(self, q: Tensor, k: Tensor, bias: Tensor | None) -> Tensor:
        """(B, H, T, S) in float32."""
        rows, heads, length, dim = q.shape
        # (B, H, T, D) -> (B, K, H / K * T, D): one product for all heads of a group
        together = q.reshape(rows, k.shape[1], -1, dim)
        scores = (together @ k.transpose(-1, -2)).mul_(self.scale).view(rows, heads, length, -1)
        if self.cap is not None:
            scores = torch.tanh(scores / self.cap) * self.cap
        return torch.softmax((scores if bias is None else scores + bias).float(), dim=-1)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
        """(B, H, T, D), (B, K, S, D), (B, K, S, D) -> (B, H, T, D)."""
        return self.mix(self.weights(q, k, bias), v)

    def mix(self, weights: Tensor, v: Tensor) -> Tensor:
        """(B, H, T, S), (B, K, S, D) -> (B, H, T, D)."""
        together = weights.to(v.dtype).reshape(v.shape[0], v.shape[1], -1, v.shape[2])
        return (together @ v).view(*weights.shape[:3], v.shape[3])


class GroupedSelfAttention(nn.Module):
    """Query, key and value come from the same tokens."""

    def __init__(self, spec: StackSpec, grouped: GroupedSpec, width: int, layer: int) -> None:
        super().__init__()
        self.num_heads = spec.num_heads
        self.num_groups = grouped.num_groups
        self.head_dim = spec.head_dim
        self.rotation = grouped.rotations[layer]
        self.window = grouped.windows[layer]
        self.scores = GroupedScores(spec, grouped)
        self.q = Linear(width, spec.inner_dim, bias=spec.attention_bias)
        self.kv = Linear(width, 2 * grouped.num_groups * spec.head_dim, bias=spec.attention_bias)
        self.out = Linear(spec.inner_dim, width, bias=spec.attention_output_bias)
        norm = dataclasses.replace(spec.norm, position="pre")
        self.query_norm = Norm(norm, spec.head_dim) if grouped.norms_heads else None
        self.key_norm = Norm(norm, spec.head_dim) if grouped.norms_heads else None

    def project(self, x: Tensor, positions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(..., M) at `positions` (...) -> queries (..., H, D), keys and values (..., K, D)."""
        q = self.q(x).view(*x.shape[:-1], self.num_heads, self.head_dim)
        q = q if self.query_norm is None else self.query_norm(q)
        k, v = self.project_keys(x)
        places = positions if self.rotation.factor == 1.0 else positions / self.rotation.factor
        return rotate(q, places, self.rotation.base), rotate(k, places, self.rotation.base), v

    def project_keys(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(..., M) -> keys, without positions, and values (..., K, D)."""
        k, v = split_heads(self.kv(x), 2, self.num_groups).unbind(-3)
        return (k if self.key_norm is None else self.key_norm(k)), v


class GroupedEncoderAttention(GroupedSelfAttention):
    """Every token of a source sees every other, or those at most a window away."""

    def __init__(self, spec: StackSpec, grouped: GroupedSpec, width: int, layer: int) -> None:
        super().__init__(spec, grouped, width, layer)
        whole = self.window or 0
        self.reach = ((whole + 1) // 2 - 1, whole // 2) if grouped.halves_windows else (whole, whole)
        """How many tokens are seen before it and after it, where there is a window."""

    def forward(self, x: Tensor, packing: Packing, bias: Tensor | None) -> Tensor:
        """(N, M), bias to (B, 1, 1, S) -> (N, M)."""
        # (N, heads, D) -> (B, S, heads, D) -> (B, heads, S, D)
        q, k, v = (packing.pad(part).transpose(1, 2) for part in self.project(x, packing.positions))
        starts = range(0, packing.longest, MAX_QUERIES)
        mixed = [
            self.scores.attend(q[:, :, start : start + MAX_QUERIES], k, v, self._bias(start, k, bias))
            for start in starts
        ]
        return self.out(packing.unpad(torch.cat(mixed, dim=2).transpose(1, 2).flatten(2)))

    def _bias(self, start: int, keys: Tensor, padding: Tensor | None) -> Tensor | None:
        """For the queries from `start` on: to (B, 1, T, S)."""
        if self.window is None:
            return padding
        places = torch.arange(keys.shape[2], device=keys.device)
        ahead = places - places[start : start + MAX_QUERIES, None]
        is_far = (ahead < -self.reach[0]) | (ahead > self.reach[1])
        far = bias_against(is_far, hiding_bias(keys.dtype), keys.dtype)
        return far if padding is None else far + padding


class GroupedCausalAttention(GroupedSelfAttention, Mixer):
    """A target token sees itself and those before it, or the last few of them."""

    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> State:
        """Keys and values of the target so far: 2 x (R, W, K, T, D)."""
        kept = TensorSpec(("row", "lane", self.num_groups, "target", self.head_dim), dtype)
        return State.empty({"keys": kept, "values": kept}, num_lanes, device)

    def step(self, x: Tensor, state: State, layout: StepLayout) -> Tensor:
        q, k, v = self.project(x, layout.positions[:, None].expand(x.shape[:2]))
        keys, values = state["keys"][: layout.num_rows], state["values"][: layout.num_rows]
        rows = torch.arange(layout.num_rows, device=k.device)
        keys[rows, :, :, layout.positions] = k
        values[rows, :, :, layout.positions] = v
        places = torch.arange(layout.longest_target, device=k.device)
        distances = layout.positions.repeat_interleave(x.shape[1])[:, None] - places
        # lanes are rows here: each has keys of its own
        mixed = self.scores.attend(
            q.flatten(0, 1)[:, :, None],
            keys.flatten(0, 1)[:, :, : layout.longest_target],
            values.flatten(0, 1)[:, :, : layout.longest_target],
            self._bias(distances[:, None, None], layout.self_bias, k.dtype),
        )
        # (R * W, H, 1, D) -> (R, W, H * D)
        return self.out(mixed.reshape(*x.shape[:2], -1))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        places = torch.arange(x.shape[1], device=x.device)
        q, k, v = (part.transpose(1, 2) for part in self.project(x, places.expand(x.shape[:2])))
        bias_here = self._bias(places[:, None] - places, bias, x.dtype)
        return self.out(self.scores.attend(q, k, v, bias_here).transpose(1, 2).flatten(2))

    def _bias(self, distances: Tensor, others: Tensor | None, dtype: torch.dtype) -> Tensor | None:
        """With what is a window or more behind hidden; `distances` to (B, H, T, S)."""
        if self.window is None:
            return others
        far = bias_against(distances >= self.window, hiding_bias(dtype), dtype)
        return far if others is None else far + others


class GroupedCrossAttention(CrossAttention):
    """Target tokens look at the source, without positions and windows."""

    def __init__(self, spec: StackSpec, grouped: GroupedSpec, width: int) -> None:
        super().__init__(spec, width)
        self.num_groups = grouped.num_groups
        self.scores = GroupedScores(spec, grouped)
        read = grouped.source_width or width
        self.kv = Linear(read, 2 * grouped.num_groups * spec.head_dim, bias=spec.attention_bias)

    @property
    def num_stored_heads(self) -> int:
        return self.num_groups

    def forward(self, x: Tensor, memory: State, bias: Tensor | None) -> Tensor:
        mixed = self.scores.attend(self._queries(x), memory["keys"], memory["values"], bias)
        return self.out(mixed.transpose(1, 2).flatten(2))

    def step(self, x: Tensor, memory: State, layout: StepLayout) -> Tensor:
        return self.forward(x, memory.used(layout.num_rows, layout.longest_source), layout.cross_bias)

    def weights(self, x: Tensor, memory: State, bias: Tensor | None, heads: Sequence[int]) -> Tensor:
        found = self.scores.weights(self._queries(x), memory["keys"], bias)
        return found[:, list(heads)]
