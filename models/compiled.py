"""Int8 layers as one call each for an encoder and for a decoder's step.

They are so where `models/native/layers.c` has all that they need. What they compute is what the modules
compute; those stay, for the second pass and for families whose layers do more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from torch import Tensor, nn

from models.attention.multi_head import EncoderSelfAttention
from models.encoder import EncoderLayer
from models.kv_cache import DecoderLayerCache, RecurrentState, SelfKVCache, StepLayout
from models.layers import Norm
from models.native.kernels import FUSED_ACTIVATIONS, Kernels, load_kernels
from models.native.layer_tables import (
    LayerTable,
    LayerWeights,
    MemoryFields,
    NormWeights,
    ShapeFields,
)
from models.native.packed_weights import PackedWeights
from models.packing import Packing
from models.quantization import Int8Linear
from models.recurrent import SSRU
from models.spec import StackSpec
from models.transformer import DecoderLayer, EncoderDecoder

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


class CompiledStep:
    """All layers of a decoder, for one token per lane."""

    def __init__(self, table: LayerTable) -> None:
        self._table = table

    def __call__(
        self, x: Tensor, cache: Sequence[DecoderLayerCache], layouts: Iterable[StepLayout]
    ) -> Tensor:
        """(R, W, M), each layer's memory and layout -> (R, W, M)."""
        kept = list(islice(layouts, len(self._table)))
        layout = kept[0]
        assert layout.lane_lengths is not None
        assert layout.source_lengths is not None
        lanes = x.shape[0] * x.shape[1]
        memories = (MemoryFields * len(cache))(
            *(_memory_fields(c, one.self_bias, lanes) for c, one in zip(cache, kept, strict=True))
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
    encoder = [_encoder_weights(layer) for layer in model.encoder.layers]
    if table := _table(kernels, spec.encoder, spec.width, encoder):
        model.encoder.compiled = CompiledEncoder(table)
    decoder = [_decoder_weights(layer) for layer in model.decoder.layers]
    if table := _table(kernels, spec.decoder, spec.width, decoder):
        model.decoder.compiled = CompiledStep(table)
    return model


def _table(
    kernels: Kernels, spec: StackSpec, width: int, layers: Sequence[LayerWeights | None]
) -> LayerTable | None:
    weights = [layer for layer in layers if layer is not None]
    is_fit = all(size % MULTIPLE == 0 for size in (width, spec.head_dim, spec.ffn_dim))
    if len(weights) < len(layers) or not is_fit:
        return None
    shape = ShapeFields(
        width,
        spec.num_heads,
        spec.head_dim,
        spec.ffn_dim,
        spec.attention_scale,
        spec.norm.position == "pre",
        spec.mixer == "ssru",
        spec.gated_ffn,
        FUSED_ACTIVATIONS[spec.activation],
    )
    return kernels.table(shape, weights)


def _encoder_weights(layer: EncoderLayer) -> LayerWeights | None:
    """None where the layer is of another kind than the plain one."""
    attention = layer.attention
    if type(layer) is not EncoderLayer or type(attention) is not EncoderSelfAttention:
        return None
    return LayerWeights(
        mixer_in=_packed(attention.qkv),
        mixer_out=_packed(attention.out),
        mixer_norm=_norm(layer.attention_residual.norm),
        inner=_packed(layer.feed_forward.inner),
        outer=_packed(layer.feed_forward.outer),
        feed_norm=_norm(layer.feed_forward_residual.norm),
    )


def _decoder_weights(layer: DecoderLayer) -> LayerWeights:
    mixer = layer.mixer
    if isinstance(mixer, SSRU):
        mixer_in, mixer_out = _packed(mixer.gates), None
    else:
        mixer_in, mixer_out = _packed(mixer.qkv), _packed(mixer.out)
    return LayerWeights(
        mixer_in=mixer_in,
        mixer_out=mixer_out,
        mixer_norm=_norm(layer.mixer_residual.norm),
        query=_packed(layer.cross.q),
        cross_out=_packed(layer.cross.out),
        cross_norm=_norm(layer.cross_residual.norm),
        inner=_packed(layer.feed_forward.inner),
        outer=_packed(layer.feed_forward.outer),
        feed_norm=_norm(layer.feed_forward_residual.norm),
    )


def _packed(linear: nn.Module) -> PackedWeights:
    assert isinstance(linear, Int8Linear)
    return linear.packed


def _norm(norm: Norm) -> NormWeights:
    return NormWeights(norm.weight, norm.bias, norm.eps)


def _memory_fields(cache: DecoderLayerCache, bias: Tensor | None, lanes: int) -> MemoryFields:
    mixer, cross = cache.mixer, cache.cross
    cross_row, cross_head, _, _ = cross.keys.stride()
    fields = MemoryFields(
        cross_keys=cross.keys.data_ptr(),
        cross_values=cross.values.data_ptr(),
        cross_row=cross_row,
        cross_head=cross_head,
    )
    if isinstance(mixer, RecurrentState):
        fields.keys = mixer.cells.data_ptr()
    else:
        assert isinstance(mixer, SelfKVCache)
        fields.keys, fields.values = mixer.keys.data_ptr(), mixer.values.data_ptr()
        _, fields.row_stride, fields.head_stride, _, _ = mixer.keys.stride()
        if mixer.origins is not None:
            fields.origins, fields.origins_row = mixer.origins.data_ptr(), mixer.origins.stride(1)
    if bias is not None:
        fields.bias = bias.data_ptr()
        fields.bias_outer, fields.bias_inner = bias.expand(lanes, -1, 1, -1).stride()[:2]
    return fields
