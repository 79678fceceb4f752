"""A decoder's layers, for one token a row, in eight kernels each: products do biases, activations and sums.

For few rows they do norms, too: where those follow the sum (`post`), what goes from sublayer to sublayer is
the sum itself, and each one that reads it normalises it on the way, which costs less than a kernel between
two products. For many rows it costs more, since every program of a product would do it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from crosslate.models.attention.dot_product import attend as attend_padded
from crosslate.models.attention.multi_head import CausalSelfAttention
from crosslate.models.gpu.launch import MAX_KEYS, attend, linear, ssru
from crosslate.models.layers.layers import FeedForward, Norm, Residual
from crosslate.models.layers.masks import key_padding_bias
from crosslate.models.layers.ssru import SSRU
from crosslate.models.layers.state import LayerState, State
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.network.decoder_layers import DecoderLayer
from crosslate.models.network.transformer import EncoderDecoder
from crosslate.models.specs.spec import stacks_of

MAX_NORMED_ON_THE_WAY = 16
"""Rows."""


class FusedStep:
    """All layers of a decoder; see `crosslate.models.network.transformer.StepLayers`."""

    def __init__(self, model: EncoderDecoder) -> None:
        self._model = model
        self._layers = [layer for layer in model.decoder.layers if isinstance(layer, DecoderLayer)]
        self._is_pre = stacks_of(model.spec).decoder.norm.position == "pre"

    def __call__(self, x: Tensor, states: Sequence[LayerState], layouts: Iterable[StepLayout]) -> Tensor:
        """(R, 1, M), each layer's state and layout -> (R, 1, M)."""
        pending: Norm | None = None
        rows = x.flatten(0, 1)
        for layer, state, layout in zip(self._layers, states, layouts, strict=False):
            rows = self._mix(layer, rows, pending, state.own, layout)
            rows, pending = self._leave(rows, layer.mixer_residual)
            rows = self._cross(layer, rows, pending, state.source, layout)
            rows, pending = self._leave(rows, layer.cross_residual)
            rows = self._feed(layer, rows, pending)
            rows, pending = self._leave(rows, layer.feed_forward_residual)
        rows = rows if pending is None else pending(rows)
        return rows[:, None]

    def _leave(self, x: Tensor, residual: Residual) -> tuple[Tensor, Norm | None]:
        """A sublayer's sum, and the norm that it still lacks."""
        return (x, None) if self._is_pre else _normed_early(x, residual.norm)

    def _enter(self, x: Tensor, residual: Residual, pending: Norm | None) -> tuple[Tensor, Norm | None]:
        """What a sublayer's first product reads, and the norm of it that is still to come."""
        return _normed_early(x, residual.norm) if self._is_pre else (x, pending)

    def _mix(
        self, layer: DecoderLayer, x: Tensor, pending: Norm | None, state: State, layout: StepLayout
    ) -> Tensor:
        read, norm = self._enter(x, layer.mixer_residual, pending)
        mixer = layer.mixer
        if isinstance(mixer, SSRU):
            gates = linear(read, mixer.gates, norm=norm)
            cells = state["cells"][: layout.num_rows, 0]
            return ssru(gates, cells, x, pending or layer.mixer_residual.norm, is_normed=pending is not None)
        assert isinstance(mixer, CausalSelfAttention)
        assert layout.lane_lengths is not None
        q, k, v = linear(read, mixer.qkv, norm=norm).chunk(3, dim=-1)
        mixed = attend(
            q,
            state["keys"][: layout.num_rows, 0],
            state["values"][: layout.num_rows, 0],
            layout.lane_lengths,
            scale=mixer.scale,
            new=(k, v),
            bias=None if layout.self_bias is None else layout.self_bias[:, :, 0],
        )
        return linear(mixed, mixer.out, residual=x, residual_norm=pending)

    def _cross(
        self, layer: DecoderLayer, x: Tensor, pending: Norm | None, memory: State, layout: StepLayout
    ) -> Tensor:
        cross = layer.cross
        assert layout.source_lengths is not None
        read, norm = self._enter(x, layer.cross_residual, pending)
        q = linear(read, cross.q, norm=norm)
        used = memory.used(layout.num_rows, layout.longest_source)
        keys, values = used["keys"], used["values"]
        if layout.longest_source <= MAX_KEYS:
            mixed = attend(q, keys, values, layout.source_lengths, scale=cross.scale)
        else:
            bias = key_padding_bias(layout.source_lengths, layout.longest_source, q.dtype)
            split = q.view(q.shape[0], cross.num_heads, 1, cross.head_dim)
            mixed = attend_padded(split, keys, values, bias, cross.scale).flatten(1)
        return linear(mixed, cross.out, residual=x, residual_norm=pending)

    def _feed(self, layer: DecoderLayer, x: Tensor, pending: Norm | None) -> Tensor:
        feed = layer.feed_forward
        assert isinstance(feed, FeedForward)
        read, norm = self._enter(x, layer.feed_forward_residual, pending)
        hidden = linear(read, feed.inner, norm=norm, activation=feed.activation, is_gated=feed.is_gated)
        return linear(hidden, feed.outer, residual=x, residual_norm=pending)

    def scores(self, states: Tensor) -> Tensor:
        """(R, M) -> (R, V) in float32, whatever the weights' precision: two tokens seldom score the same."""
        return linear(self._model.for_output(states), self._model.output, dtype=torch.float32)


def _normed_early(x: Tensor, norm: Norm) -> tuple[Tensor, Norm | None]:
    """Normalised at once, where there are many rows."""
    return (x, norm) if x.shape[0] <= MAX_NORMED_ON_THE_WAY else (norm(x), None)
