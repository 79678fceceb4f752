"""The decoder, and the whole network, built from what describes it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, repeat

import torch
from torch import Tensor, nn

from crosslate.models.attention.predicting import PredictingStream, build_predicting_stream
from crosslate.models.attention.relative_bias import RelativeBias, all_offsets, build_relative_bias
from crosslate.models.layers.layers import Embedding, LayerList, Linear, Norm, OutputTransform
from crosslate.models.layers.masks import causal_bias, key_padding_bias
from crosslate.models.layers.packing import Packing
from crosslate.models.layers.positions import LearnedPositions, SinusoidPositions, build_positions
from crosslate.models.layers.state import DecoderState, LayerState, State
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.network.decoder_layers import DecoderLayer, StepLayer, build_layer
from crosslate.models.network.encoder import Encoder, SourceEncoder
from crosslate.models.network.recurrent.conditional_decoder import ConditionalLayer
from crosslate.models.network.recurrent.input_feeding_decoder import InputFeedingLayer
from crosslate.models.network.recurrent.recurrent_encoder import RecurrentEncoder, StackedRecurrentEncoder
from crosslate.models.specs.recurrent_spec import LuongSpec, RecurrentSpec
from crosslate.models.specs.spec import ModelSpec, NetworkSpec

ProjectSources = Callable[[Tensor, Packing, int | None], list[State]]
"""(N, M), the packing, how many layers, or all -> the memory of each."""

StepLayers = Callable[[Tensor, Sequence[LayerState], Iterable[StepLayout]], Tensor]
"""(R, W, M), each layer's state and layout -> (R, W, M)."""


class Decoder(nn.Module):
    """Target ids to states, a step at a time or all at once."""

    def __init__(
        self,
        embedding: Embedding,
        layers: Iterable[StepLayer],
        *,
        positions: SinusoidPositions | LearnedPositions | None = None,
        relative_bias: RelativeBias | None = None,
        predicting: PredictingStream | None = None,
        embedding_norm: Norm | None = None,
        final_norm: Norm | None = None,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.positions = positions
        self.relative_bias = relative_bias
        self.predicting = predicting
        """what gives each token its second state, from which the next token is read"""
        self.embedding_norm = embedding_norm
        self.layers: LayerList[StepLayer] = LayerList(layers)
        self.final_norm = final_norm
        self.compiled: StepLayers | None = None
        """all layers of a step in one call; see `crosslate.models.int8.compiled`"""

    def new_state(
        self, num_lanes: int, dtype: torch.dtype, device: torch.device, *, is_joint: bool = False
    ) -> DecoderState:
        """What all layers keep, of nothing so far; see `DecoderState`."""
        layers = [layer.new_state(num_lanes, dtype, device) for layer in self.layers]
        return DecoderState(layers, is_joint=is_joint)

    def embed(self, tokens: Tensor, positions: Tensor, longest: int) -> Tensor:
        """What the first layer reads: (...) ids at positions, to (...), below `longest` -> (..., M).

        With two streams it is (..., 2, M).
        """
        table = None if self.positions is None else self.positions.rows(longest)
        x = self.embedding(tokens, positions, table)
        if self.predicting is not None and table is not None:
            x = self.predicting.join(x, positions, table)
        return x if self.embedding_norm is None else self.embedding_norm(x)

    def step(
        self,
        tokens: Tensor,
        states: Sequence[LayerState],
        layout: StepLayout,
        fused: StepLayers | None = None,
    ) -> Tensor:
        """The newest token of every lane: (R, W) -> (R, W, M). `fused` takes the layers' place."""
        x = self.embed(tokens, layout.positions[:, None], layout.longest_target)
        layouts = self._layouts(layout, tokens.shape[1])
        if fused is None and layout.lane_lengths is not None:
            fused = self.compiled
        if fused is not None:
            x = fused(x, states, layouts)
        else:
            for layer, state, layer_layout in zip(self.layers, states, layouts, strict=False):
                x = layer.step(x, state, layer_layout)
        return self.finish(x)

    def finish(self, x: Tensor) -> Tensor:
        """What leaves the last layer, for the output projection: (..., M) or (..., 2, M) -> (..., M)."""
        x = x if self.final_norm is None else self.final_norm(x)
        return x if self.predicting is None else self.predicting.leave(x)

    def _layouts(self, layout: StepLayout, num_lanes: int) -> Iterator[StepLayout]:
        """The step's layout as each layer sees it: with its relative bias."""
        if self.relative_bias is None:
            return repeat(layout)
        keys = torch.arange(layout.longest_target, device=layout.positions.device)
        # (R, 1, T), then every lane is a row, as in the cache: (R * W, 1, T)
        offsets = (keys - layout.positions[:, None, None]).repeat_interleave(num_lanes, dim=0)
        biases = self.relative_bias.per_layer(offsets, layout.self_bias)
        return (dataclasses.replace(layout, self_bias=bias) for bias in biases)

    def read(
        self,
        inputs: Tensor,
        memories: Sequence[State],
        source_lengths: Tensor,
        wanted: Mapping[int, Sequence[int]],
    ) -> Iterator[tuple[int, Tensor]]:
        """Teacher-forced cross-attention of some layers.

        Args:
            inputs: (B, T) what the decoder reads, the start first.
            memories: each layer's of the B sources, up to the last wanted layer's.
            source_lengths: (B,), the longest of which is S.
            wanted: layer, counted from 0 -> its heads that are wanted. Later layers are not computed.

        Yields:
            Each wanted layer, in order, and its weights, (B, len(heads), T, S) in float32.
        """
        layers = list(islice(self.layers, max(wanted) + 1))
        whole = [layer for layer in layers if isinstance(layer, DecoderLayer)]
        if len(whole) == len(layers):
            return self._read_at_once(whole, inputs, memories, source_lengths, wanted)
        return self._read_by_steps(layers, inputs, memories, source_lengths, wanted)

    def read_targets(self, inputs: Tensor, packing: Packing, memories: Sequence[State]) -> Tensor:
        """What becomes of several targets of one source, teacher-forced and end to end: (N,) -> (N, M).

        `inputs` are what the decoder reads, the start of each target first; `memories` each layer's of that
        source alone.
        """
        x = self.embed(inputs, packing.positions, packing.longest)
        biases = self.causal_biases(packing.longest, x)
        for layer, memory, bias in zip(self.layers, memories, biases, strict=False):
            x = layer.read(x, packing, memory, bias)
        return self.finish(x)

    def _read_at_once(
        self,
        layers: Sequence[DecoderLayer],
        inputs: Tensor,
        memories: Sequence[State],
        source_lengths: Tensor,
        wanted: Mapping[int, Sequence[int]],
    ) -> Iterator[tuple[int, Tensor]]:
        """A layer at a time, each over the whole target: no layer's weights are kept here."""
        length = inputs.shape[1]
        x = self.embed(inputs, torch.arange(length, device=inputs.device), length)
        bias = key_padding_bias(source_lengths, memories[0].source_length, x.dtype)
        biases = self.causal_biases(length, x)
        for i, (layer, memory, self_bias) in enumerate(zip(layers, memories, biases, strict=False)):
            x, queries = layer.before_cross(x, self_bias)
            if i in wanted:
                yield i, layer.cross.weights(queries, memory, bias, wanted[i])
            if i + 1 < len(layers):
                x = layer.after_cross(x, layer.cross(queries, memory, bias))

    def _read_by_steps(
        self,
        layers: Sequence[StepLayer],
        inputs: Tensor,
        memories: Sequence[State],
        source_lengths: Tensor,
        wanted: Mapping[int, Sequence[int]],
    ) -> Iterator[tuple[int, Tensor]]:
        """For layers that know no other way; only the wanted weights are kept."""
        num_rows, length = inputs.shape
        whole = self.embed(inputs, torch.arange(length, device=inputs.device), length)
        longest = memories[0].source_length
        new = [layer.new_state(1, whole.dtype, inputs.device).own for layer in layers]
        states = [
            LayerState(own.sized(num_rows, length, longest), memory)
            for own, memory in zip(new, memories, strict=False)
        ]
        kept: dict[int, list[Tensor]] = {i: [] for i in sorted(wanted)}
        for t in range(length):
            x, layout = whole[:, t, None], StepLayout.even(t, source_lengths, longest, whole.dtype)
            each = zip(layers, states, self._layouts(layout, 1), strict=False)
            for i, (layer, state, layer_layout) in enumerate(each):
                if i in kept:
                    x, weights = layer.watched_step(x, state, layer_layout, wanted[i])
                    kept[i].append(weights)
                else:
                    x = layer.step(x, state, layer_layout)
        return ((i, torch.cat(weights, dim=2)) for i, weights in kept.items())

    def causal_biases(self, length: int, like: Tensor) -> Iterator[Tensor]:
        """What each layer adds to its self-attention's scores over a whole target, to (B, H, T, T)."""
        causal = causal_bias(length, like.dtype, like.device)
        if self.relative_bias is None:
            return repeat(causal)
        return self.relative_bias.per_layer(all_offsets(length, like.device), causal)


def build_encoder(spec: NetworkSpec, embedding: Embedding) -> SourceEncoder:
    """The encoder that a spec asks for."""
    match spec:
        case RecurrentSpec():
            return RecurrentEncoder(spec, embedding)
        case LuongSpec():
            return StackedRecurrentEncoder(spec, embedding)
        case ModelSpec():
            return Encoder(spec, embedding)
    raise TypeError(f"no encoder is known for a {type(spec).__name__}")


def build_decoder(spec: NetworkSpec, embedding: Embedding) -> Decoder:
    """The decoder that a spec asks for."""
    match spec:
        case RecurrentSpec():
            return Decoder(embedding, [ConditionalLayer(spec)])
        case LuongSpec():
            return Decoder(embedding, [InputFeedingLayer(spec)])
        case ModelSpec(decoder=stack, width=width):
            return Decoder(
                embedding,
                [build_layer(stack, width, i) for i in range(stack.num_layers)],
                positions=build_positions(stack.positions, width),
                relative_bias=build_relative_bias(stack, is_bidirectional=False),
                predicting=build_predicting_stream(stack, width),
                embedding_norm=Norm(stack.norm, width) if stack.embedding_norm else None,
                final_norm=Norm(stack.norm, width) if stack.final_norm else None,
            )
    raise TypeError(f"no decoder is known for a {type(spec).__name__}")


class EncoderDecoder(nn.Module):
    """The whole network."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        self.spec = spec
        width, scale, starts_from_zero = spec.width, spec.embedding_scale, spec.decoder_start_token_id is None
        source = Embedding(
            spec.source_vocab_size,
            spec.source_width,
            spec.source_scale,
            knows_start=spec.share_embeddings and starts_from_zero,
        )
        target = (
            source
            if spec.share_embeddings
            else Embedding(spec.target_vocab_size, width, scale, knows_start=starts_from_zero)
        )
        self.encoder = build_encoder(spec, source)
        self.decoder = build_decoder(spec, target)
        self.bridge = Linear(spec.source_width, width, bias=True) if spec.projects_encoded else None
        """from the encoder's width to the decoder's"""
        self.output_transform = (
            None if spec.output_transform is None else OutputTransform(spec.output_transform, width)
        )
        self.output = Linear(spec.output_width, spec.target_vocab_size, bias=spec.output_bias)
        if spec.tie_output:
            self.output.weight = target.weight
        self.compiled_sources: ProjectSources | None = None
        """all layers' `project_source` in one call; see `crosslate.models.int8.compiled`"""

    def encode(self, ids: Tensor, packing: Packing) -> Tensor:
        """(N,) -> (N, M), of the encoder's width."""
        return self.encoder(ids, packing)

    def project_sources(
        self, encoded: Tensor, packing: Packing, num_layers: int | None = None
    ) -> list[State]:
        """What the first decoder layers, or all, keep of B sources: (N, M) -> a memory of B rows each."""
        if self.bridge is not None:
            encoded = self.bridge(encoded)
        if self.compiled_sources is not None and packing.offsets is not None:
            return self.compiled_sources(encoded, packing, num_layers)
        layers = islice(self.decoder.layers, num_layers)
        return [layer.project_source(encoded, packing) for layer in layers]

    def for_output(self, states: Tensor) -> Tensor:
        """What the output projection reads: (..., M) -> (..., M)."""
        if self.output_transform is not None:
            states = self.output_transform(states)
        return states if self.spec.output_scale == 1.0 else states * self.spec.output_scale

    def logits(self, states: Tensor) -> Tensor:
        """(..., M) -> (..., V)."""
        scores: Tensor = self.output(self.for_output(states))
        cap = self.spec.score_cap
        return scores if cap is None else torch.tanh(scores / cap) * cap
