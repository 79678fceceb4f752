"""Two states of each target token: of itself, and of the place behind it (Qi et al. 2020, section 3.2).

The main stream is a decoder's as any other. The predicting stream has at each place a state that knows
nothing of the token to come: it is made of the position and of one vector, and looks at the main stream up to
the token before, at itself, and at the source. What comes next is read from it. ProphetNet is trained with
several, for the tokens after the next; each looks at the main stream and at itself alone, so that those
beyond the first can be left out.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from crosslate.models.attention.dot_product import attend
from crosslate.models.attention.multi_head import CrossAttention, SelfAttention, split_heads
from crosslate.models.attention.relative_bias import bucket_table
from crosslate.models.layers.layers import Linear
from crosslate.models.layers.masks import hiding_bias
from crosslate.models.layers.mixers import Mixer
from crosslate.models.layers.state import State, TensorSpec
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.native.kernels import load_kernels
from crosslate.models.specs.stack_spec import PredictingStreamSpec, StackSpec

MAIN, AHEAD = 0, 1
"""Places of the streams."""


class PredictingStream(nn.Module):
    """What the predicting stream begins with: a vector, and the next token's position."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width), requires_grad=False)

    def join(self, x: Tensor, positions: Tensor, table: Tensor) -> Tensor:
        """Embedded tokens (..., M) at positions, to (...), of a table (P, M) -> (..., 2, M)."""
        ahead = self.weight + nn.functional.embedding(positions + 1, table)
        return torch.stack([x, ahead.expand_as(x)], dim=-2)

    def leave(self, x: Tensor) -> Tensor:
        """The stream that tells what comes next: (..., 2, M) -> (..., M)."""
        return x[..., AHEAD, :]


class PredictingCausalAttention(SelfAttention, Mixer):
    """Both streams look at the main one so far, and the predicting one at itself.

    Only the main stream is kept.
    """

    buckets: Tensor

    def __init__(self, spec: StackSpec, streams: PredictingStreamSpec, width: int) -> None:
        super().__init__(spec, width)
        self.relative = Linear(width, streams.num_buckets * spec.num_heads, bias=True)
        table = bucket_table(streams.num_buckets, streams.max_distance, is_bidirectional=False)
        # of every distance from 0 to the largest that counts
        self.register_buffer("buckets", table[: streams.max_distance + 1].flip(0), persistent=False)

    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> State:
        """The main stream's keys and values of the target so far: 2 x (R, W, H, T, D)."""
        kept = TensorSpec(("row", "lane", self.num_heads, "target", self.head_dim), dtype)
        return State.empty({"keys": kept, "values": kept}, num_lanes, device)

    def step(self, x: Tensor, state: State, layout: StepLayout) -> Tensor:
        """One new token per lane: (R, W, 2, M) -> (R, W, 2, M); its key and value join the state."""
        # (R, W, 2, 3 * H * D) -> 3 x (R, W, 2, H, D)
        q, k, v = split_heads(self.qkv(x), 3, self.num_heads).unbind(-3)
        # lanes are rows from here on: (R, W, 2, H, D) -> 2 x (R * W, H, D), and (R, W) -> R * W
        queries, own_keys, own_values = (part.flatten(0, 1).unbind(1) for part in (q, k, v))
        keys = self._written(k, state["keys"], layout)
        values = self._written(v, state["values"], layout)
        distances = layout.positions[:, None] - torch.arange(layout.longest_target, device=x.device)
        distances = distances.repeat_interleave(x.shape[1], dim=0)[:, None]
        relative, lengths = self._relative(x.flatten(0, 1)[:, None]).unbind(2), layout.lane_lengths
        main = self._look(queries[MAIN], keys, values, self._bias(relative[MAIN], distances), lengths)
        ahead = self._look(
            queries[AHEAD],
            torch.cat([own_keys[AHEAD][:, :, None], keys], dim=2),
            torch.cat([own_values[AHEAD][:, :, None], values], dim=2),
            self._bias(relative[AHEAD], nn.functional.pad(from_ahead(distances), (1, 0))),
            None if lengths is None else lengths + 1,
        )
        # 2 x (R * W, H * D) -> (R, W, 2, H * D)
        return self.out(torch.stack([main, ahead], dim=1).view(*x.shape[:3], -1))

    def _written(self, new: Tensor, kept: Tensor, layout: StepLayout) -> Tensor:
        """The main stream's, with the new token's: (R, W, 2, H, D) -> (R * W, H, T, D)."""
        kept = kept[: layout.num_rows]
        rows = torch.arange(layout.num_rows, device=new.device)
        kept[rows, :, :, layout.positions] = new[:, :, MAIN]
        return kept.flatten(0, 1)[:, :, : layout.longest_target]

    def _look(self, q: Tensor, keys: Tensor, values: Tensor, bias: Tensor, lengths: Tensor | None) -> Tensor:
        """One query a row: (B, H, D), 2 x (B, H, S, D), bias (B, H, 1, S) -> (B, H * D).

        `lengths`, (B,), say how many keys count, where the compiled kernels attend.
        """
        kernels = load_kernels()
        if lengths is None or kernels is None:
            return attend(q[:, :, None], keys, values, bias, self.scale).flatten(1)
        mixed = kernels.attend_cached(q[:, None], keys, values, lengths=lengths, scale=self.scale, bias=bias)
        return mixed.flatten(1)

    def _relative(self, x: Tensor) -> Tensor:
        """What each state adds to its scores, by bucket: (B, T, 2, M) -> (B, H, 2, T, buckets)."""
        found = self.relative(x).unflatten(-1, (-1, self.num_heads))
        return found.permute(0, 4, 2, 1, 3)

    def _bias(self, relative: Tensor, distances: Tensor) -> Tensor:
        """(B, H, T, buckets), distances to (B, T, S) -> (B, H, T, S); what is not yet is hidden."""
        index = self.buckets[distances.clamp(0, len(self.buckets) - 1)][:, None]
        bias = relative.gather(-1, index.expand(*relative.shape[:3], -1))
        return bias.masked_fill((distances < 0)[:, None], hiding_bias(bias.dtype))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """All target tokens at once: (B, T, 2, M) -> (B, T, 2, M).

        Distances tell what comes later, so `bias` is not read.
        """
        # (B, T, 2, 3 * H * D) -> 3 x (2, B, H, T, D)
        q, k, v = split_heads(self.qkv(x), 3, self.num_heads).permute(3, 2, 0, 4, 1, 5).unbind(0)
        relative = self._relative(x).unbind(2)
        places = torch.arange(x.shape[1], device=x.device)
        distances = (places[:, None] - places).expand(len(x), -1, -1)
        main = attend(q[MAIN], k[MAIN], v[MAIN], self._bias(relative[MAIN], distances), self.scale)
        ahead = self._look_ahead(q[AHEAD], k, v, relative[AHEAD], distances)
        # 2 x (B, H, T, D) -> (B, T, 2, H * D)
        return self.out(torch.stack([main, ahead]).permute(1, 3, 0, 2, 4).flatten(3))

    def _look_ahead(self, q: Tensor, k: Tensor, v: Tensor, relative: Tensor, distances: Tensor) -> Tensor:
        """The predicting stream's (B, H, T, D) over both streams' 2 x (2, B, H, T, D) -> (B, H, T, D)."""
        to_itself = (q * k[AHEAD]).sum(dim=-1, keepdim=True) * self.scale
        to_main = torch.matmul(q, k[MAIN].transpose(-1, -2)) * self.scale
        scores = torch.cat(
            [
                to_itself + self._bias(relative, torch.zeros_like(distances[..., :1])),
                to_main + self._bias(relative, from_ahead(distances)),
            ],
            dim=-1,
        )
        weights = scores.softmax(dim=-1)
        return weights[..., :1] * v[AHEAD] + torch.matmul(weights[..., 1:], v[MAIN])


def from_ahead(distances: Tensor) -> Tensor:
    """From the predicting stream, whatever is there is one place farther away."""
    return distances + (distances >= 0)


class PredictingCrossAttention(CrossAttention):
    """Both streams look at the source. A map is of the predicting one, from which the token is read."""

    def forward(self, x: Tensor, memory: State, bias: Tensor | None) -> Tensor:
        """(R, W, 2, M), bias to (R, H, 1, S) -> (R, W, 2, M): two queries a lane, on one row of keys."""
        return super().forward(x.flatten(1, -2), memory, bias).view(x.shape)

    def step(self, x: Tensor, memory: State, layout: StepLayout) -> Tensor:
        return super().step(x.flatten(1, -2), memory, layout).view(x.shape)

    def weights(self, x: Tensor, memory: State, bias: Tensor | None, heads: Sequence[int]) -> Tensor:
        return super().weights(x[..., AHEAD, :], memory, bias, heads)


def build_predicting_stream(spec: StackSpec, width: int) -> PredictingStream | None:
    """None where a token has one state."""
    return PredictingStream(width) if isinstance(spec.mixer, PredictingStreamSpec) else None
