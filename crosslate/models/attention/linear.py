"""Linear attention: a feature map in the place of the softmax (Katharopoulos et al. 2020).

weights[t, s] = phi(q_t) . phi(k_s) / sum over s of the same, with phi(x) = elu(x) + 1; nothing scales the
product. As the sum over s can be taken before a query is known, what a query reads is one matrix (D, D) and
one vector (D) a head, however long the text: sum of phi(k_s) v_s^T, and sum of phi(k_s). No weight is
computed unless a map is asked for. Sums stay in float32 where the network is in half precision.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from crosslate.models.attention.multi_head import CrossAttention, SelfAttention, split_heads
from crosslate.models.layers.mixers import Mixer
from crosslate.models.layers.packing import Packing
from crosslate.models.layers.state import State, TensorSpec
from crosslate.models.layers.step_layout import StepLayout

CHUNK = 64
"""Of a whole target, so many tokens look at each other pair by pair, and at all before them by sums."""
LEAST = torch.finfo(torch.float32).tiny
"""What a weight's denominator is at least: features far below zero vanish."""


def feature_map(x: Tensor) -> Tensor:
    """elu(x) + 1 in float32 or better, above 0 as far as that reaches (elu itself is rounded at -1)."""
    x = x.to(sum_type(x.dtype))
    return x.clamp(max=0.0).exp() + x.clamp(min=0.0)


def sum_type(dtype: torch.dtype) -> torch.dtype:
    """What sums over many tokens are kept in."""
    return torch.promote_types(dtype, torch.float32)


def read_sums(queries: Tensor, sums: Tensor, normaliser: Tensor) -> Tensor:
    """What queries' features find: (..., T, D), (..., D, D), (..., D) -> (..., T, D)."""
    return (queries @ sums) / (queries @ normaliser[..., None]).clamp_(min=LEAST)


class LinearEncoderAttention(SelfAttention):
    """Every token of a source sees every other, at a cost that grows with their number only."""

    def forward(self, x: Tensor, packing: Packing, bias: Tensor | None) -> Tensor:
        """(N, M) -> (N, M). What is padded has no features, so `bias` is not read."""
        # (N, 3 * H * D) -> 3 x (N, H, D)
        q, k, v = split_heads(self.qkv(x), 3, self.num_heads).unbind(1)
        # (N, H, D) -> (B, S, H, D) -> (B, H, S, D)
        q, k, v = (packing.pad(part).transpose(1, 2) for part in (feature_map(q), feature_map(k), v))
        mixed = read_sums(q, k.transpose(-1, -2) @ v.to(k.dtype), k.sum(dim=2))
        return self.out(packing.unpad(mixed.transpose(1, 2).flatten(2)).to(x.dtype))


class LinearCausalAttention(SelfAttention, Mixer):
    """A target token sees itself and those before it: a recurrent cell, whose state never grows."""

    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> State:
        """Sums (R, W, H, D, D) and their normaliser (R, W, H, D), zero at the start."""
        kept, heads, dim = sum_type(dtype), self.num_heads, self.head_dim
        specs = {
            "sums": TensorSpec(("row", "lane", heads, dim, dim), kept),
            "normaliser": TensorSpec(("row", "lane", heads, dim), kept),
        }
        return State.empty(specs, num_lanes, device)

    def step(self, x: Tensor, state: State, layout: StepLayout) -> Tensor:
        """One new token per lane: (R, W, M) -> (R, W, M); it is added to the sums, then these are read."""
        # (R, W, 3 * H * D) -> 3 x (R, W, H, D)
        q, k, v = split_heads(self.qkv(x), 3, self.num_heads).unbind(2)
        q, k = feature_map(q), feature_map(k)
        sums, normaliser = state["sums"][: layout.num_rows], state["normaliser"][: layout.num_rows]
        sums.addcmul_(k[..., :, None], v[..., None, :].to(k.dtype))
        normaliser.add_(k)
        mixed = read_sums(q[..., None, :], sums, normaliser)
        # (R, W, H, 1, D) -> (R, W, H * D)
        return self.out(mixed.flatten(2).to(x.dtype))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """All target tokens at once: (B, T, M) -> (B, T, M). Causal by nature, so `bias` is not read."""
        # (B, T, 3 * H * D) -> 3 x (B, H, T, D)
        q, k, v = split_heads(self.qkv(x), 3, self.num_heads).permute(2, 0, 3, 1, 4).unbind(0)
        q, k = feature_map(q), feature_map(k)
        v = v.to(k.dtype)
        sums, normaliser = (
            k.new_zeros(*k.shape[:2], self.head_dim, self.head_dim),
            torch.zeros_like(k[:, :, 0]),
        )
        mixed = []
        chunks = (torch.split(part, CHUNK, dim=2) for part in (q, k, v))
        for queries, keys, values in zip(*chunks, strict=True):
            near = (queries @ keys.transpose(-1, -2)).tril()
            total = queries @ normaliser[..., None] + near.sum(dim=-1, keepdim=True)
            mixed.append((queries @ sums + near @ values) / total.clamp(min=LEAST))
            sums = sums + keys.transpose(-1, -2) @ values
            normaliser = normaliser + keys.sum(dim=2)
        return self.out(torch.cat(mixed, dim=2).transpose(1, 2).flatten(2).to(x.dtype))


class LinearCrossAttention(CrossAttention):
    """Target tokens look at the source's sums, made once. Keys are kept too, for maps; no step reads them."""

    def _specs(self, dtype: torch.dtype) -> dict[str, TensorSpec]:
        heads, dim, kept = self.num_heads, self.head_dim, sum_type(dtype)
        return {
            "keys": TensorSpec(("row", heads, "source", dim), dtype),
            "sums": TensorSpec(("row", heads, dim, dim), kept),
            "normaliser": TensorSpec(("row", heads, dim), kept),
        }

    def project_source(self, encoded: Tensor, packing: Packing) -> State:
        """Features of keys, and the sums: (N, M) -> (B, H, S, D), (B, H, D, D) and (B, H, D)."""
        k, v = split_heads(self.kv(encoded), 2, self.num_heads).unbind(1)
        # (N, H, D) -> (B, S, H, D) -> (B, H, S, D); what is padded has no features
        keys, values = (packing.pad(part).transpose(1, 2) for part in (feature_map(k), v))
        tensors = {
            "keys": keys.to(v.dtype),
            "sums": keys.transpose(-1, -2) @ values.to(keys.dtype),
            "normaliser": keys.sum(dim=2),
        }
        return State(self._specs(v.dtype), tensors)

    def forward(self, x: Tensor, memory: State, bias: Tensor | None) -> Tensor:
        """See `CrossAttention`; nothing has to be masked."""
        mixed = read_sums(feature_map(self._queries(x)), memory["sums"], memory["normaliser"])
        return self.out(mixed.transpose(1, 2).flatten(2).to(x.dtype))

    def step(self, x: Tensor, memory: State, layout: StepLayout) -> Tensor:
        return self.forward(x, memory.used(layout.num_rows, layout.longest_source), None)

    def weights(self, x: Tensor, memory: State, bias: Tensor | None, heads: Sequence[int]) -> Tensor:
        chosen = list(heads)
        queries, keys = feature_map(self._queries(x))[:, chosen], memory["keys"][:, chosen].float()
        # (R, h, W, D) @ (R, h, D, S) -> (R, h, W, S)
        found = queries.float() @ keys.transpose(-1, -2)
        return found / found.sum(dim=-1, keepdim=True).clamp_(min=LEAST)
