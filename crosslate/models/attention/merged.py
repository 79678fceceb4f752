"""One attention of a decoder over its target so far and the source (Zhang et al. 2019; T5Gemma 2)."""

from __future__ import annotations

import torch
from torch import Tensor

from crosslate.models.attention.grouped import GroupedSelfAttention
from crosslate.models.layers.masks import bias_against, hiding_bias
from crosslate.models.layers.packing import Packing
from crosslate.models.layers.state import LayerState, State, TensorSpec
from crosslate.models.layers.step_layout import StepLayout


class MergedAttention(GroupedSelfAttention):
    """Keys and values of both are made by the same weights; a source's have no positions, and no window.

    What a target token looks at in the target and in the source makes one whole.
    """

    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> LayerState:
        """Keys and values of the target so far, 2 x (R, W, K, T, D), and of sources, 2 x (R, K, S, D)."""
        kept = TensorSpec(("row", "lane", self.num_groups, "target", self.head_dim), dtype)
        return LayerState(
            own=State.empty({"keys": kept, "values": kept}, num_lanes, device),
            source=State.empty(self._memory_specs(dtype), 1, device),
        )

    def _memory_specs(self, dtype: torch.dtype) -> dict[str, TensorSpec]:
        kept = TensorSpec(("row", self.num_groups, "source", self.head_dim), dtype)
        return {"keys": kept, "values": kept}

    def project_source(self, encoded: Tensor, packing: Packing) -> State:
        """Keys and values of sources: (N, M) -> 2 x (B, K, S, D)."""
        # (N, K, D) -> (B, S, K, D) -> (B, K, S, D)
        keys, values = (packing.pad(part).transpose(1, 2) for part in self.project_keys(encoded))
        return State(self._memory_specs(keys.dtype), {"keys": keys, "values": values})

    def step(self, x: Tensor, state: LayerState, layout: StepLayout) -> tuple[Tensor, Tensor]:
        """One new token per lane: (R, W, M) -> (R, W, M), and where it looked in the source, (R, H, W, S).

        The latter in float32, as shares of all that it looked at there: rows sum to 1.
        """
        q, k, v = self.project(x, layout.positions[:, None].expand(x.shape[:2]))
        own, rows = state.own, torch.arange(layout.num_rows, device=k.device)
        keys, values = own["keys"][: layout.num_rows], own["values"][: layout.num_rows]
        keys[rows, :, :, layout.positions] = k
        values[rows, :, :, layout.positions] = v
        memory = state.source.used(layout.num_rows, layout.longest_source)
        both = (
            # (R, W, K, T, D) and (R, K, S, D) -> (R * W, K, T + S, D): lanes are rows here
            torch.cat(
                [
                    written[..., : layout.longest_target, :],
                    memory[name][:, None].expand(-1, x.shape[1], -1, -1, -1),
                ],
                dim=3,
            ).flatten(0, 1)
            for name, written in (("keys", keys), ("values", values))
        )
        keys, values = both
        # (R, W, H, D) -> (R * W, H, 1, D)
        weights = self.scores.weights(q.flatten(0, 1)[:, :, None], keys, self._bias(x, layout, keys))
        mixed = self.scores.mix(weights, values)
        # (R * W, H, 1, T + S) -> (R, H, W, S)
        looked = weights[:, :, 0, layout.longest_target :].view(*x.shape[:2], self.num_heads, -1)
        shares = looked / looked.sum(dim=-1, keepdim=True).clamp_min(torch.finfo(torch.float32).tiny)
        return self.out(mixed.reshape(*x.shape[:2], -1)), shares.transpose(1, 2)

    def _bias(self, x: Tensor, layout: StepLayout, keys: Tensor) -> Tensor:
        """Hides what is padding, not written yet, or beyond the window: (R * W, 1, 1, T + S)."""
        num_lanes = x.shape[1]
        positions = layout.positions.repeat_interleave(num_lanes)[:, None]
        distances = positions - torch.arange(layout.longest_target, device=x.device)
        is_hidden = distances < 0
        if self.window is not None:
            is_hidden |= distances >= self.window
        own = bias_against(is_hidden, hiding_bias(keys.dtype), keys.dtype)  # (R * W, T)
        num_source = keys.shape[2] - layout.longest_target
        if layout.cross_bias is None:
            source = own.new_zeros(len(own), num_source)
        else:
            # to (R, 1, 1, S)
            one = layout.cross_bias[:, 0, 0].expand(layout.num_rows, num_source)
            source = one.repeat_interleave(num_lanes, dim=0)
        return torch.cat([own, source], dim=-1)[:, None, None]
