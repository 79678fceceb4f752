"""What a batch takes at the least: multiply-accumulates and bytes, counted from the network that will run.

Counted are the products of linear layers and of attention, and the weights, keys and values that they read.
Embeddings, norms, activations, softmax and what is written are not: a floor may lie too low, never too high.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from torch import nn

from crosslate.models.arrays import IntArray
from crosslate.models.attention.multi_head import CausalSelfAttention
from crosslate.models.int8.quantization import Int8Linear, Int8Output
from crosslate.models.layers.layers import Linear
from crosslate.models.network.decoder_layers import DecoderLayer
from crosslate.models.network.transformer import EncoderDecoder
from crosslate.models.specs.spec import stacks_of

Phase = Literal["encode", "decode", "output"]
PHASES: tuple[Phase, ...] = ("encode", "decode", "output")
FLOAT32_BYTES = 4
"""Of an entry of the keys and values, in float32 and in int8 networks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchShape:
    """Sources of one length, translated together to outputs of one length."""

    batch_size: int
    num_beams: int
    num_source_tokens: int
    num_target_tokens: int

    @property
    def num_lanes(self) -> int:
        """Rows of a decoder step's products."""
        return self.batch_size * self.num_beams


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """Multiply-accumulates by what is multiplied, and the bytes that they read."""

    int8_macs: int = 0
    float32_macs: int = 0
    num_bytes: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(
            int8_macs=self.int8_macs + other.int8_macs,
            float32_macs=self.float32_macs + other.float32_macs,
            num_bytes=self.num_bytes + other.num_bytes,
        )

    def times(self, count: int) -> Work:
        """Of `count` calls: what one call has read is gone from the cache when the next one comes."""
        return Work(
            int8_macs=count * self.int8_macs,
            float32_macs=count * self.float32_macs,
            num_bytes=count * self.num_bytes,
        )


def count_work(
    model: EncoderDecoder, shape: BatchShape, candidates: Sequence[IntArray] | None
) -> dict[Phase, Work]:
    """Each phase's work for a whole batch: sources encoded in one call, then a step for each target token.

    `candidates` are those of each source, where there is a shortlist.

    Raises:
        ValueError: a network of a kind that is not counted.
    """
    output = output_step_work(model.output, shape, candidates)
    return {
        "encode": encode_work(model, shape),
        "decode": decode_work(model, shape),
        "output": output.times(shape.num_target_tokens),
    }


def encode_work(model: EncoderDecoder, shape: BatchShape) -> Work:
    """The encoder and the cross-attention keys and values of every decoder layer, in one call."""
    stack = stacks_of(model.spec).encoder
    if stack.pattern is not None:
        raise ValueError("encoders with windows or blocks are not counted: they attend to part of the source")
    num_tokens = shape.batch_size * shape.num_source_tokens
    linears = [*_linears(model.encoder), *_source_projections(model)]
    # Keys and values are read where they have just been written: in the cache.
    attention = _attention(stack.inner_dim, num_scores=num_tokens * shape.num_source_tokens, num_keys=0)
    return _products(linears, num_tokens) + attention.times(stack.num_layers)


def decode_work(model: EncoderDecoder, shape: BatchShape) -> Work:
    """All steps of the decoder's layers. The step of token t, from 1 on, looks at t target tokens."""
    stack = stacks_of(model.spec).decoder
    of_sources = {id(linear) for linear in _source_projections(model)}
    linears = [linear for linear in _linears(model.decoder.layers) if id(linear) not in of_sources]
    products = _products(linears, shape.num_lanes)
    attention = _cross_attention_step(stack.inner_dim, shape).times(
        shape.num_target_tokens * stack.num_layers
    )
    looks_back = [isinstance(layer.mixer, CausalSelfAttention) for layer in _layers(model)]
    attention += _self_attention_steps(stack.inner_dim, shape).times(sum(looks_back))
    return products.times(shape.num_target_tokens) + attention


def output_step_work(
    output: Linear | Int8Output, shape: BatchShape, candidates: Sequence[IntArray] | None
) -> Work:
    """One step of the output projection: the whole vocabulary or, with a shortlist, each row's candidates.

    Every lane is multiplied with its own row's candidates. A candidate of several rows is read once.
    """
    if candidates is None:
        return _products([output], shape.num_lanes)
    if not isinstance(output, Int8Output):
        raise ValueError("shortlists in float32 are not counted: their products are not the output layer's")
    rows, bias = output.rows, output.bias
    num_distinct = len(np.unique(np.concatenate(candidates)))
    row_bytes = rows.values.shape[1] + FLOAT32_BYTES * (1 if bias is None else 2)  # a scale and a bias
    return Work(
        int8_macs=shape.num_beams * sum(map(len, candidates)) * rows.values.shape[1],
        num_bytes=num_distinct * row_bytes,
    )


def _cross_attention_step(inner_dim: int, shape: BatchShape) -> Work:
    """One layer, one step: a source's beams read its keys and values together."""
    num_keys = shape.batch_size * shape.num_source_tokens
    return _attention(inner_dim, num_scores=shape.num_beams * num_keys, num_keys=num_keys)


def _self_attention_steps(inner_dim: int, shape: BatchShape) -> Work:
    """One layer, all steps. Of beams' keys only as many are counted as one beam has: they may share all."""
    num_pairs = shape.num_target_tokens * (shape.num_target_tokens + 1) // 2
    return _attention(
        inner_dim, num_scores=shape.num_lanes * num_pairs, num_keys=shape.batch_size * num_pairs
    )


def _attention(inner_dim: int, *, num_scores: int, num_keys: int) -> Work:
    """A score is a query times a key, and then a weight times a value; keys and values are read in pairs."""
    return Work(float32_macs=2 * num_scores * inner_dim, num_bytes=2 * num_keys * inner_dim * FLOAT32_BYTES)


def _linears(module: nn.Module) -> list[Linear | Int8Linear]:
    return [part for part in module.modules() if isinstance(part, Linear | Int8Linear)]


def _source_projections(model: EncoderDecoder) -> list[Linear | Int8Linear]:
    return [layer.cross.kv for layer in _layers(model)]


def _layers(model: EncoderDecoder) -> list[DecoderLayer]:
    layers = [layer for layer in model.decoder.layers if isinstance(layer, DecoderLayer)]
    if len(layers) < len(model.decoder.layers):
        raise ValueError("decoder layers of other kinds than the plain one are not counted")
    return layers


def _products(linears: Iterable[Linear | Int8Linear], num_rows: int) -> Work:
    """One call of each with so many rows; weights are read once, whatever the rows."""
    return sum((_product(linear, num_rows) for linear in linears), Work())


def _product(linear: Linear | Int8Linear, num_rows: int) -> Work:
    if isinstance(linear, Linear):
        return Work(float32_macs=num_rows * linear.weight.numel(), num_bytes=_num_bytes(linear))
    return Work(int8_macs=num_rows * _num_int8_weights(linear), num_bytes=_num_bytes(linear))


def _num_int8_weights(linear: Int8Linear) -> int:
    if linear.kernels is None:
        return linear.rows.values.numel()
    return linear.packed.num_outputs * linear.packed.num_inputs


def _num_bytes(linear: Linear | Int8Linear) -> int:
    """All that a product reads, with padding and scales."""
    if isinstance(linear, Int8Linear) and linear.kernels is not None:
        return linear.packed.nbytes
    weights = [linear.weight] if isinstance(linear, Linear) else [linear.rows.values, linear.rows.scales]
    return sum(tensor.nbytes for tensor in (*weights, linear.bias) if tensor is not None)
