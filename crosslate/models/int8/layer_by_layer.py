"""Several sources and their targets, read side by side: each layer by all before the next one is needed.

A layer's weights need not be there before, and may go after. What is computed of one source does not depend
on the others, to the last bit: they are read one by one, not as a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from crosslate.models.layers.layers import START
from crosslate.models.layers.packing import Packing, pack_ids
from crosslate.models.network.decoder_layers import StepLayer
from crosslate.models.network.encoder import Encoder, SourceEncoder
from crosslate.models.network.transformer import Decoder, EncoderDecoder
from crosslate.models.specs.spec import NetworkSpec

CPU = torch.device("cpu")
SOURCE_TOKENS = 32


@dataclass(frozen=True, slots=True)
class Pair:
    """A source, and what a decoder reads while it writes its target: the start, all but the last token."""

    source: list[int]
    inputs: list[int]


def draw_pairs(spec: NetworkSpec, count: int) -> list[Pair]:
    """Tokens drawn at random, and always the same."""
    generator = torch.Generator().manual_seed(0)
    start = START if spec.decoder_start_token_id is None else spec.decoder_start_token_id
    source_size, target_size = (
        min(SOURCE_TOKENS, most) for most in (spec.max_source_tokens, spec.max_target_tokens)
    )
    pairs = []
    for _ in range(count):
        source = torch.randint(spec.source_vocab_size, (source_size,), generator=generator).tolist()
        target = torch.randint(spec.target_vocab_size, (target_size,), generator=generator).tolist()
        source[-1:] = [end for end in spec.eos_token_ids[:1] if end < spec.source_vocab_size] or source[-1:]
        pairs.append(Pair(source, [start, *target[:-1]]))
    return pairs


def read_layer_by_layer(
    model: EncoderDecoder, pairs: Sequence[Pair], see_output: Callable[[Tensor], None]
) -> Iterator[nn.Module]:
    """Yields each part of the network before all pairs pass it; `see_output` gets what is projected, (N, M).

    What is in none of these, and is no output projection, has to be there from the start.
    """
    states: list[Tensor] = []
    for layers in zip(*(_read(model, pair, states) for pair in pairs), strict=True):
        yield layers[0]
    if model.output_transform is not None:
        yield model.output_transform
    see_output(model.for_output(torch.cat(states)))


def _read(model: EncoderDecoder, pair: Pair, states: list[Tensor]) -> Iterator[nn.Module]:
    packing = Packing.of([len(pair.source)], CPU)
    encoded = yield from _encode(model.encoder, pack_ids([pair.source], CPU), packing)
    if model.bridge is not None:
        yield model.bridge
        encoded = model.bridge(encoded)
    states.append((yield from _decode(model.decoder, pack_ids([pair.inputs], CPU), encoded, packing)))


def _encode(encoder: SourceEncoder, ids: Tensor, packing: Packing) -> Generator[nn.Module, None, Tensor]:
    if not isinstance(encoder, Encoder):
        yield encoder
        return encoder(ids, packing)
    x = encoder.enter(ids, packing)
    for layer, bias in zip(encoder.layers, encoder.attention_bias(packing, x.dtype), strict=False):
        yield layer
        x = layer(x, packing, bias)
    return encoder.leave(x, packing)


def _decode(
    decoder: Decoder, inputs: Tensor, encoded: Tensor, source_packing: Packing
) -> Generator[StepLayer, None, Tensor]:
    """As `Decoder.read_targets`, with each layer's memory made when it is read."""
    packing = Packing.of([len(inputs)], CPU)
    x = decoder.embed(inputs, packing.positions, packing.longest)
    biases = decoder.causal_biases(packing.longest, x)
    for layer, bias in zip(decoder.layers, biases, strict=False):
        yield layer
        x = layer.read(x, packing, layer.project_source(encoded, source_packing), bias)
    return decoder.finish(x)
