"""Int8 layers as one call each for an encoder, for what a decoder keeps of sources, and for its step.

They are so where `native/layers.c` has all that they need. What they compute is what the modules
compute; those stay, for the second pass and for families whose layers do more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import torch
from torch import Tensor, nn

from crosslate.models.attention.multi_head import CausalSelfAttention, CrossAttention, EncoderSelfAttention
from crosslate.models.int8.quantization import Int8Linear
from crosslate.models.layers.layers import FeedForward, Norm
from crosslate.models.layers.packing import Packing
from crosslate.models.layers.ssru import SSRU
from crosslate.models.layers.state import LayerState, State, TensorSpec
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.native.kernels import FUSED_ACTIVATIONS, Kernels, load_kernels
from crosslate.models.native.layer_tables import (
    LayerTable,
    LayerWeights,
    MemoryFields,
    NormWeights,
    ShapeFields,
    SourceTable,
)
from crosslate.models.native.packed_weights import PackedWeights
from crosslate.models.network.decoder_layers import DecoderLayer, StepLayer
from crosslate.models.network.encoder import Encoder, EncoderLayer
from crosslate.models.network.transformer import EncoderDecoder
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import StackSpec

MULTIPLE = 8
"""Of which every width has to be one."""


class CompiledEncoder:
    """All layers of an encoder."""

    def __init__(self, table: LayerTable) -> None:
        self._table = table

    def __call__(self, x: Tensor, packing: Packing, biases: Iterable[Tensor | None]) -> Tensor:
        """(N, M), a bias to (1, H, S, S) for each layer -> (N, M)."""
        assert packing.offsets is not None
        kept = [bias if bias is None else bias.contiguous() for bias in islice(biases, len(self._table))]
        memories = (MemoryFields * len(kept))()
        for fields, bias in zip(memories, kept, strict=True):
            if bias is not None:
                _, fields.bias_outer, fields.bias_inner, _ = bias.stride()
                fields.bias = bias.data_ptr()
        x = x.contiguous()
        self._table.encode(memories, x, packing.offsets)
        return x


class CompiledSources:
    """What all layers of a decoder keep of sources."""

    def __init__(self, table: SourceTable, specs: Mapping[str, TensorSpec]) -> None:
        """`specs`: of every layer's keys and values."""
        self._table = table
        self._specs = specs

    def __call__(self, encoded: Tensor, packing: Packing, num_layers: int | None) -> list[State]:
        """Of the first layers, or all: (N, M) -> a memory of B rows each."""
        assert packing.offsets is not None
        kept = self._table.project(encoded.contiguous(), packing.offsets, packing.longest, num_layers)
        # (L, 2, B, H, S, places) -> L x 2 x (B, H, S, places)
        parts = kept.flatten(0, 1).unbind()
        return [
            State(self._specs, {"keys": keys, "values": values})
            for keys, values in zip(parts[::2], parts[1::2], strict=True)
        ]


class CompiledStep:
    """All layers of a decoder, for one token per lane."""

    def __init__(self, table: LayerTable) -> None:
        self._table = table

    def __call__(self, x: Tensor, states: Sequence[LayerState], layouts: Iterable[StepLayout]) -> Tensor:
        """(R, W, M), each layer's state and layout -> (R, W, M)."""
        kept = list(islice(layouts, len(self._table)))
        layout = kept[0]
        assert layout.lane_lengths is not None
        assert layout.source_lengths is not None
        lanes = x.shape[0] * x.shape[1]
        memories = (MemoryFields * len(kept))(
            *(
                _memory_fields(state, one.self_bias, lanes, layout.told.get(i))
                for i, (state, one) in enumerate(zip(states, kept, strict=True))
            )
        )
        x = x.contiguous()
        self._table.decode(
            memories, x, lane_lengths=layout.lane_lengths, source_lengths=layout.source_lengths
        )
        return x


def compile_layers(model: EncoderDecoder) -> EncoderDecoder:
    """Let an int8 model's layers run as one call where that is possible."""
    kernels = load_kernels()
    if kernels is None:
        return model
    spec = model.spec
    if not isinstance(spec, ModelSpec) or not isinstance(model.encoder, Encoder):
        return model
    encoder = [_encoder_weights(layer) for layer in model.encoder.layers]
    if table := _table(kernels, spec.encoder, spec.source_width, encoder):
        model.encoder.compiled = CompiledEncoder(table)
    decoder = [_decoder_weights(layer) for layer in model.decoder.layers]
    if table := _table(kernels, spec.decoder, spec.width, decoder):
        model.decoder.compiled = CompiledStep(table)
        _keep_shorts(model.decoder.layers)
        model.compiled_sources = _compiled_sources(kernels, spec.decoder, model.decoder.layers)
    return model


def _keep_shorts(layers: Iterable[StepLayer]) -> None:
    """Of layers that `_decoder_weights` knows."""
    for layer in layers:
        if isinstance(layer, DecoderLayer):
            for attention in (layer.mixer, layer.cross):
                if isinstance(attention, CausalSelfAttention | CrossAttention):
                    attention.keeps_shorts = True


def _compiled_sources(kernels: Kernels, spec: StackSpec, layers: Iterable[StepLayer]) -> CompiledSources:
    """Of layers that `_decoder_weights` knows."""
    crosses = [layer.cross for layer in layers if isinstance(layer, DecoderLayer)]
    table = SourceTable(
        kernels.library,
        [_packed(cross.kv) for cross in crosses],
        num_heads=spec.num_heads,
        head_dim=spec.head_dim,
    )
    return CompiledSources(table, crosses[0].new_memory(torch.float32, torch.device("cpu")).specs)


def _table(
    kernels: Kernels, spec: StackSpec, width: int, layers: Sequence[LayerWeights | None]
) -> LayerTable | None:
    weights = [layer for layer in layers if layer is not None]
    is_fit = all(size % MULTIPLE == 0 for size in (width, spec.head_dim, spec.ffn_dim))
    kinds = {layer.is_recurrent for layer in weights}
    if len(weights) < len(layers) or len(kinds) != 1 or not is_fit:
        return None
    shape = ShapeFields(
        width,
        spec.num_heads,
        spec.head_dim,
        spec.ffn_dim,
        spec.attention_scale,
        spec.norm.position == "pre",
        kinds.pop(),
        spec.gated_ffn,
        FUSED_ACTIVATIONS[spec.activation],
    )
    return LayerTable(kernels.library, shape, weights)


def _encoder_weights(layer: EncoderLayer) -> LayerWeights | None:
    """None where the layer is of another kind than the plain one."""
    attention, feed = layer.attention, layer.feed_forward
    if type(layer) is not EncoderLayer or type(attention) is not EncoderSelfAttention:
        return None
    if type(feed) is not FeedForward:
        return None
    return LayerWeights(
        mixer_in=_packed(attention.qkv),
        mixer_out=_packed(attention.out),
        mixer_norm=_norm(layer.attention_residual.norm),
        inner=_packed(feed.inner),
        outer=_packed(feed.outer),
        feed_norm=_norm(layer.feed_forward_residual.norm),
    )


def _decoder_weights(layer: StepLayer) -> LayerWeights | None:
    """None where the layer is of another kind than the plain one."""
    if type(layer) is not DecoderLayer or type(layer.cross) is not CrossAttention:
        return None
    mixer, feed = layer.mixer, layer.feed_forward
    if type(feed) is not FeedForward:
        return None
    if type(mixer) is SSRU:
        mixer_in, mixer_out = _packed(mixer.gates), None
    elif type(mixer) is CausalSelfAttention:
        mixer_in, mixer_out = _packed(mixer.qkv), _packed(mixer.out)
    else:
        return None
    return LayerWeights(
        mixer_in=mixer_in,
        mixer_out=mixer_out,
        mixer_norm=_norm(layer.mixer_residual.norm),
        query=_packed(layer.cross.q),
        cross_out=_packed(layer.cross.out),
        cross_norm=_norm(layer.cross_residual.norm),
        inner=_packed(feed.inner),
        outer=_packed(feed.outer),
        feed_norm=_norm(layer.feed_forward_residual.norm),
    )


def _packed(linear: nn.Module) -> PackedWeights:
    assert isinstance(linear, Int8Linear)
    return linear.packed


def _norm(norm: Norm) -> NormWeights:
    return NormWeights(norm.weight, norm.bias, norm.eps)


def _memory_fields(state: LayerState, bias: Tensor | None, lanes: int, told: Tensor | None) -> MemoryFields:
    own, source = state.own.tensors, state.source
    cross_row, cross_head, _, _ = source["keys"].stride()
    fields = MemoryFields(
        cross_keys=source["keys"].data_ptr(),
        cross_values=source["values"].data_ptr(),
        cross_row=cross_row,
        cross_head=cross_head,
    )
    if "cells" in own:
        fields.keys = own["cells"].data_ptr()
    else:
        fields.keys, fields.values = own["keys"].data_ptr(), own["values"].data_ptr()
        _, fields.row_stride, fields.head_stride, _, _ = own["keys"].stride()
        if "origins" in own:
            fields.origins, fields.origins_row = own["origins"].data_ptr(), own["origins"].stride(1)
    if bias is not None:
        fields.bias = bias.data_ptr()
        fields.bias_outer, fields.bias_inner = bias.expand(lanes, -1, 1, -1).stride()[:2]
    if told is not None:
        fields.told, (fields.told_lane, fields.told_head, _) = told.data_ptr(), told.stride()
    return fields
