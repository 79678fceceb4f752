"""The layers of a decoder: what any must offer, and the one that most have."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from crosslate.models.attention.grouped import GroupedCausalAttention, GroupedCrossAttention
from crosslate.models.attention.linear import LinearCausalAttention, LinearCrossAttention
from crosslate.models.attention.merged import MergedAttention
from crosslate.models.attention.multi_head import CausalSelfAttention, CrossAttention
from crosslate.models.attention.predicting import PredictingCausalAttention, PredictingCrossAttention
from crosslate.models.attention.prompted import PromptedCausalAttention, PromptedCrossAttention
from crosslate.models.layers.experts import build_feed_forward
from crosslate.models.layers.layers import Residual
from crosslate.models.layers.mixers import Mixer
from crosslate.models.layers.packing import Packing
from crosslate.models.layers.ssru import SSRU
from crosslate.models.layers.state import LayerState, State
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.specs.stack_spec import (
    GroupedSpec,
    LinearAttentionSpec,
    PredictingStreamSpec,
    SelfAttentionSpec,
    SSRUSpec,
    StackSpec,
)


class StepLayer(nn.Module, ABC):
    """A decoder layer, a step at a time; its states are its own affair.

    Where a decoder has two streams, a token has two states: (R, W, 2, M) in the place of (R, W, M).
    """

    @abstractmethod
    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> LayerState:
        """What it keeps of targets and sources, empty."""

    @abstractmethod
    def project_source(self, encoded: Tensor, packing: Packing) -> State:
        """What it keeps of B sources: (N, M) -> its memory, as `new_state` declares it."""

    @abstractmethod
    def step(self, x: Tensor, state: LayerState, layout: StepLayout) -> Tensor:
        """One new token per lane: (R, W, M) -> (R, W, M)."""

    @abstractmethod
    def watched_step(
        self, x: Tensor, state: LayerState, layout: StepLayout, heads: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        """As `step`, and how these heads look at the sources: (R, len(heads), W, S) in float32."""

    def seed(self, memory: State, seeds: Tensor) -> None:
        """Have what is drawn while these rows decode follow `seeds`, (B,); negative: nothing is drawn.

        Only layers of hard attention draw.
        """

    def read(self, x: Tensor, packing: Packing, memory: State, bias: Tensor) -> Tensor:
        """Whole targets of one source, end to end: (N, M) -> (N, M).

        A step at a time, for layers that know no other way. `bias`, to (B, H, T, T), hides what comes later.
        """
        grid = packing.pad(x)
        num_rows, length, _ = grid.shape
        longest = memory.source_length
        rows = torch.zeros(num_rows, dtype=torch.int64, device=x.device)
        own = self.new_state(1, x.dtype, x.device).own.sized(num_rows, length, longest)
        state = LayerState(own, memory.select(rows, longest))
        layouts = (StepLayout.even(t, rows + longest, longest, x.dtype) for t in range(length))
        steps = [
            self.step(
                grid[:, t, None], state, dataclasses.replace(layout, self_bias=bias[..., t, None, : t + 1])
            )
            for t, layout in enumerate(layouts)
        ]
        return packing.unpad(torch.cat(steps, dim=1))


class DecoderLayer(StepLayer):
    """A mixer over the target so far, cross-attention, feed-forward. It can read a whole target at once."""

    def __init__(self, spec: StackSpec, width: int, index: int) -> None:
        super().__init__()
        self.mixer: Mixer = build_mixer(spec, width, index)
        self.mixer_residual = Residual(spec.norm, width)
        self.cross = build_cross_attention(spec, width)
        self.cross_residual = Residual(spec.norm, width)
        self.feed_forward = build_feed_forward(spec, width, index)
        self.feed_forward_residual = Residual(spec.norm, width)

    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> LayerState:
        return LayerState(
            own=self.mixer.new_state(num_lanes, dtype, device), source=self.cross.new_memory(dtype, device)
        )

    def project_source(self, encoded: Tensor, packing: Packing) -> State:
        return self.cross.project_source(encoded, packing)

    def step(self, x: Tensor, state: LayerState, layout: StepLayout) -> Tensor:
        x, queries = self._mix(x, state, layout)
        return self.after_cross(x, self.cross.step(queries, state.source, layout))

    def watched_step(
        self, x: Tensor, state: LayerState, layout: StepLayout, heads: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        x, queries = self._mix(x, state, layout)
        memory = state.source.used(layout.num_rows, layout.longest_source)
        weights = self.cross.weights(queries, memory, layout.cross_bias, heads)
        return self.after_cross(x, self.cross.step(queries, state.source, layout)), weights

    def _mix(self, x: Tensor, state: LayerState, layout: StepLayout) -> tuple[Tensor, Tensor]:
        mixed = self.mixer.step(self.mixer_residual.enter(x), state.own, layout)
        x = self.mixer_residual.leave(x, mixed)
        return x, self.cross_residual.enter(x)

    def before_cross(self, x: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Up to what cross-attention reads: (B, T, M) -> residual stream, queries' input."""
        x = self.mixer_residual.leave(x, self.mixer(self.mixer_residual.enter(x), bias))
        return x, self.cross_residual.enter(x)

    def read(self, x: Tensor, packing: Packing, memory: State, bias: Tensor) -> Tensor:
        """See `StepLayer`. Only the mixer must know where a target begins."""
        x, queries = (packing.unpad(part)[None] for part in self.before_cross(packing.pad(x), bias))
        return self.after_cross(x, self.cross(queries, memory, None))[0]

    def after_cross(self, x: Tensor, crossed: Tensor) -> Tensor:
        """The rest of the layer: (B, T, M) -> (B, T, M)."""
        x = self.cross_residual.leave(x, crossed)
        return self.feed_forward_residual.leave(x, self.feed_forward(self.feed_forward_residual.enter(x)))


class LookingLayer(StepLayer):
    """A layer whose every step says how it looked."""

    @abstractmethod
    def looking_step(self, x: Tensor, state: LayerState, layout: StepLayout) -> tuple[Tensor, Tensor]:
        """One new token per lane: (R, W, E) -> (R, W, M), and how it looked, (R, H, W, S) in float32."""

    def step(self, x: Tensor, state: LayerState, layout: StepLayout) -> Tensor:
        return self.looking_step(x, state, layout)[0]

    def watched_step(
        self, x: Tensor, state: LayerState, layout: StepLayout, heads: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        x, weights = self.looking_step(x, state, layout)
        return x, weights[:, list(heads)]


class MergedLayer(LookingLayer):
    """One attention over target and source, then feed-forward."""

    def __init__(self, spec: StackSpec, grouped: GroupedSpec, width: int, index: int) -> None:
        super().__init__()
        self.attention = MergedAttention(spec, grouped, width, index)
        self.attention_residual = Residual(spec.norm, width)
        self.feed_forward = build_feed_forward(spec, width, index)
        self.feed_forward_residual = Residual(spec.norm, width)

    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> LayerState:
        return self.attention.new_state(num_lanes, dtype, device)

    def project_source(self, encoded: Tensor, packing: Packing) -> State:
        return self.attention.project_source(encoded, packing)

    def looking_step(self, x: Tensor, state: LayerState, layout: StepLayout) -> tuple[Tensor, Tensor]:
        mixed, weights = self.attention.step(self.attention_residual.enter(x), state, layout)
        x = self.attention_residual.leave(x, mixed)
        return self.feed_forward_residual.leave(
            x, self.feed_forward(self.feed_forward_residual.enter(x))
        ), weights


def build_layer(spec: StackSpec, width: int, index: int) -> StepLayer:
    """A decoder's layer `index`."""
    if spec.grouped is not None and spec.grouped.merges:
        return MergedLayer(spec, spec.grouped, width, index)
    return DecoderLayer(spec, width, index)


def build_cross_attention(spec: StackSpec, width: int) -> CrossAttention:
    """How a decoder's spec wants sources looked at."""
    if spec.grouped is not None:
        return GroupedCrossAttention(spec, spec.grouped, width)
    if spec.num_prompts:
        return PromptedCrossAttention(spec, width)
    if isinstance(spec.mixer, PredictingStreamSpec):
        return PredictingCrossAttention(spec, width)
    return LinearCrossAttention(spec, width) if spec.cross == "linear" else CrossAttention(spec, width)


def build_mixer(spec: StackSpec, width: int, index: int) -> Mixer:
    """The mixer that a decoder's spec asks for in its layer `index`."""
    if spec.grouped is not None:
        return GroupedCausalAttention(spec, spec.grouped, width, index)
    match spec.mixer:
        case SSRUSpec():
            return SSRU(width)
        case LinearAttentionSpec():
            return LinearCausalAttention(spec, width)
        case PredictingStreamSpec() as streams:
            return PredictingCausalAttention(spec, streams, width)
        case SelfAttentionSpec():
            plain = PromptedCausalAttention if spec.num_prompts else CausalSelfAttention
            return plain(spec, width)
