"""The decoder, and the whole network, built from a `ModelSpec`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import repeat

import torch
from torch import Tensor, nn

from models.attention.dot_product import causal_bias
from models.attention.multi_head import CausalSelfAttention, CrossAttention, ragged_kernels
from models.attention.relative_bias import all_offsets, build_relative_bias
from models.encoder import Encoder
from models.kv_cache import CrossKVCache, DecoderLayerCache, RecurrentState, SelfKVCache, StepLayout
from models.layers import Embedding, FeedForward, LayerList, Linear, Norm, Residual
from models.packing import Packing
from models.positions import build_positions
from models.recurrent import SSRU
from models.spec import ModelSpec, StackSpec

StepLayers = Callable[[Tensor, Sequence[DecoderLayerCache], Iterable[StepLayout]], Tensor]
"""(R, W, M), each layer's memory and layout -> (R, W, M)."""


class DecoderLayer(nn.Module):
    """A mixer over the target so far, cross-attention, feed-forward."""

    def __init__(self, spec: StackSpec, width: int) -> None:
        super().__init__()
        self.mixer = SSRU(width) if spec.mixer == "ssru" else CausalSelfAttention(spec, width)
        self.mixer_residual = Residual(spec.norm, width)
        self.cross = CrossAttention(spec, width)
        self.cross_residual = Residual(spec.norm, width)
        self.feed_forward = FeedForward(spec, width)
        self.feed_forward_residual = Residual(spec.norm, width)

    def step(self, x: Tensor, cache: DecoderLayerCache, layout: StepLayout) -> Tensor:
        """One new token per lane: (R, W, M) -> (R, W, M)."""
        mixed = self.mixer.step(self.mixer_residual.enter(x), cache.mixer, layout)
        x = self.mixer_residual.leave(x, mixed)
        crossed = self.cross.step(self.cross_residual.enter(x), cache.cross, layout)
        return self._feed(self.cross_residual.leave(x, crossed))

    def before_cross(self, x: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        """Up to what cross-attention reads: (B, T, M) -> residual stream, queries' input."""
        x = self.mixer_residual.leave(x, self.mixer(self.mixer_residual.enter(x), bias))
        return x, self.cross_residual.enter(x)

    def after_cross(self, x: Tensor, crossed: Tensor) -> Tensor:
        """The rest of the layer: (B, T, M) -> (B, T, M)."""
        return self._feed(self.cross_residual.leave(x, crossed))

    def _feed(self, x: Tensor) -> Tensor:
        return self.feed_forward_residual.leave(x, self.feed_forward(self.feed_forward_residual.enter(x)))


class Decoder(nn.Module):
    """Target ids to states, a step at a time or all at once."""

    def __init__(self, spec: ModelSpec, embedding: Embedding) -> None:
        super().__init__()
        stack, width = spec.decoder, spec.width
        self.spec = stack
        self.width = width
        self.embedding = embedding
        self.positions = build_positions(stack.positions, width)
        self.relative_bias = build_relative_bias(stack, is_bidirectional=False)
        self.embedding_norm = Norm(stack.norm, width) if stack.embedding_norm else None
        self.layers = LayerList(DecoderLayer(stack, width) for _ in range(stack.num_layers))
        self.final_norm = Norm(stack.norm, width) if stack.final_norm else None
        self.compiled: StepLayers | None = None
        """all layers of a step in one call; see `models.compiled`"""

    def new_cache(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> list[DecoderLayerCache]:
        """Empty memory for every layer."""
        heads, head_dim = self.spec.num_heads, self.spec.head_dim
        follows_lanes = ragged_kernels(self.spec, dtype, device) is not None
        return [
            DecoderLayerCache(
                mixer=RecurrentState(num_lanes, self.width, dtype, device)
                if self.spec.mixer == "ssru"
                else SelfKVCache(num_lanes, heads, head_dim, dtype, device, follows_lanes=follows_lanes),
                cross=CrossKVCache(heads, head_dim, dtype, device),
            )
            for _ in self.layers
        ]

    def _embed(self, tokens: Tensor, positions: Tensor, longest: int) -> Tensor:
        # (B, T) -> (B, T, M)
        table = None if self.positions is None else self.positions.rows(longest)
        x = self.embedding(tokens, positions, table)
        return x if self.embedding_norm is None else self.embedding_norm(x)

    def step(
        self,
        tokens: Tensor,
        cache: list[DecoderLayerCache],
        layout: StepLayout,
        fused: StepLayers | None = None,
    ) -> Tensor:
        """The newest token of every lane: (R, W) -> (R, W, M). `fused` takes the layers' place."""
        x = self._embed(tokens, layout.positions[:, None], layout.longest_target)
        layouts = self._layouts(layout, tokens.shape[1])
        if fused is None and layout.lane_lengths is not None:
            fused = self.compiled
        if fused is not None:
            x = fused(x, cache, layouts)
        else:
            for layer, memory, layer_layout in zip(self.layers, cache, layouts, strict=False):
                x = layer.step(x, memory, layer_layout)
        return x if self.final_norm is None else self.final_norm(x)

    def _layouts(self, layout: StepLayout, num_lanes: int) -> Iterator[StepLayout]:
        """The step's layout as each layer sees it: with its relative bias."""
        if self.relative_bias is None:
            return repeat(layout)
        keys = torch.arange(layout.longest_target, device=layout.positions.device)
        # (R, 1, T), then every lane is a row, as in the cache: (R * W, 1, T)
        offsets = (keys - layout.positions[:, None, None]).repeat_interleave(num_lanes, dim=0)
        biases = self.relative_bias.per_layer(offsets, layout.self_bias)
        return (dataclasses.replace(layout, self_bias=bias) for bias in biases)

    def cross_weights(
        self,
        inputs: Tensor,
        sources: list[tuple[Tensor, Tensor]],
        bias: Tensor | None,
        wanted: Mapping[int, Sequence[int]],
    ) -> Iterator[tuple[int, Tensor]]:
        """Teacher-forced cross-attention of some layers, one after the other: none is kept here.

        Args:
            inputs: (B, T) what the decoder reads, the start first.
            sources: keys and values per layer, 2 x (B, H, S, D).
            bias: to (B, 1, T, S), masks the sources' padding.
            wanted: layer, counted from 0 -> its heads that are wanted. Later layers are not computed.

        Yields:
            Each wanted layer, in order, and its weights, (B, len(heads), T, S) in float32.
        """
        length = inputs.shape[1]
        x = self._embed(inputs, torch.arange(length, device=inputs.device), length)
        biases = self._causal_biases(length, x)
        last = max(wanted)
        for i, (layer, self_bias, (keys, values)) in enumerate(
            zip(self.layers, biases, sources, strict=False)
        ):
            x, queries = layer.before_cross(x, self_bias)
            if i in wanted:
                yield i, layer.cross.weights(queries, keys, bias, wanted[i])
            if i == last:
                return
            x = layer.after_cross(x, layer.cross(queries, keys, values, bias))

    def _causal_biases(self, length: int, like: Tensor) -> Iterator[Tensor]:
        """What each layer adds to its self-attention's scores over a whole target, to (B, H, T, T)."""
        causal = causal_bias(length, like.dtype, like.device)
        if self.relative_bias is None:
            return repeat(causal)
        return self.relative_bias.per_layer(all_offsets(length, like.device), causal)


class EncoderDecoder(nn.Module):
    """The whole network."""

    def __init__(self, spec: ModelSpec) -> None:
        super().__init__()
        self.spec = spec
        width, scale, starts_from_zero = spec.width, spec.embedding_scale, spec.decoder_start_token_id is None
        source = Embedding(
            spec.source_vocab_size, width, scale, knows_start=spec.share_embeddings and starts_from_zero
        )
        target = (
            source
            if spec.share_embeddings
            else Embedding(spec.target_vocab_size, width, scale, knows_start=starts_from_zero)
        )
        self.encoder = Encoder(spec, source)
        self.decoder = Decoder(spec, target)
        self.output = Linear(spec.width, spec.target_vocab_size, bias=spec.output_bias)
        if spec.tie_output:
            self.output.weight = target.weight

    def encode(self, ids: Tensor, packing: Packing) -> Tensor:
        """(N,) -> (N, M)."""
        return self.encoder(ids, packing)

    def project_sources(self, encoded: Tensor, packing: Packing) -> list[tuple[Tensor, Tensor]]:
        """Cross-attention keys and values of every decoder layer: 2 x (B, H, S, D) each."""
        return [layer.cross.project_source(encoded, packing) for layer in self.decoder.layers]

    def logits(self, states: Tensor) -> Tensor:
        """(..., M) -> (..., V)."""
        if self.spec.output_scale != 1.0:
            states = states * self.spec.output_scale
        return self.output(states)
