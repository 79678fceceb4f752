"""The encoder: source ids to states."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from crosslate.models.attention.encoder_bias import build_encoder_bias
from crosslate.models.attention.patterns import build_encoder_attention
from crosslate.models.layers.experts import build_feed_forward
from crosslate.models.layers.layers import Embedding, LayerList, Norm, Residual
from crosslate.models.layers.packing import Packing
from crosslate.models.layers.positions import build_positions
from crosslate.models.specs.pattern_spec import StaggeredBlockSpec
from crosslate.models.specs.spec import ModelSpec
from crosslate.models.specs.stack_spec import StackSpec

EncoderLayers = Callable[[Tensor, Packing, Iterable[Tensor | None]], Tensor]
"""(N, M), the packing, each layer's bias -> (N, M)."""


class EncoderLayer(nn.Module):
    """Self-attention, then feed-forward."""

    def __init__(self, spec: StackSpec, width: int, index: int) -> None:
        super().__init__()
        self.attention = build_encoder_attention(spec, width, index)
        self.attention_residual = Residual(spec.norm, width)
        self.feed_forward = build_feed_forward(spec, width, index)
        self.feed_forward_residual = Residual(spec.norm, width)

    def forward(self, x: Tensor, packing: Packing, bias: Tensor | None) -> Tensor:
        """(N, M) -> (N, M)."""
        mixed = self.attention(self.attention_residual.enter(x), packing, bias)
        return self._feed(self.attention_residual.leave(x, mixed))

    def _feed(self, x: Tensor) -> Tensor:
        return self.feed_forward_residual.leave(x, self.feed_forward(self.feed_forward_residual.enter(x)))


class GlobalTokenEncoderLayer(EncoderLayer):
    """Pre-norm, with another norm for the global tokens that stand before those of the sources."""

    def __init__(self, spec: StackSpec, width: int, index: int, num_global_tokens: int) -> None:
        super().__init__(spec, width, index)
        self.num_global_tokens = num_global_tokens
        self.global_norm = Norm(spec.norm, width)

    def forward(self, x: Tensor, packing: Packing, bias: Tensor | None) -> Tensor:
        """(B * G + N, M) -> (B * G + N, M)."""
        num_global = packing.num_rows * self.num_global_tokens
        normed = [self.global_norm(x[:num_global]), self.attention_residual.norm(x[num_global:])]
        return self._feed(x + self.attention(torch.cat(normed), packing, bias))


class GlobalTokens(nn.Module):
    """G learned tokens of every source; they begin alike and each gathers what is in its source."""

    def __init__(self, num_tokens: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(num_tokens, width), requires_grad=False)

    def join(self, x: Tensor, packing: Packing) -> Tensor:
        """(N, M) -> (B * G + N, M)."""
        return torch.cat([self.weight.repeat(packing.num_rows, 1), x])

    def leave(self, x: Tensor, packing: Packing) -> Tensor:
        """(B * G + N, M) -> (N, M)."""
        return x[packing.num_rows * self.weight.shape[0] :]


class SourceEncoder(nn.Module, ABC):
    """Source ids to states."""

    def __init__(self, embedding: Embedding) -> None:
        super().__init__()
        self.embedding = embedding

    @abstractmethod
    def forward(self, ids: Tensor, packing: Packing) -> Tensor:
        """(N,) ids of B sources end to end -> (N, M)."""


class Encoder(SourceEncoder):
    """Layers of self-attention."""

    def __init__(self, spec: ModelSpec, embedding: Embedding) -> None:
        super().__init__(embedding)
        stack, width = spec.encoder, spec.source_width
        self.positions = build_positions(stack.positions, width)
        self.attention_bias = build_encoder_bias(stack)
        self.embedding_norm = Norm(stack.norm, width) if stack.embedding_norm else None
        self.global_tokens: GlobalTokens | None = None
        if isinstance(stack.pattern, StaggeredBlockSpec):
            self.global_tokens = GlobalTokens(stack.pattern.num_global_tokens, width)
        self.layers = LayerList(_build_layer(stack, width, i) for i in range(stack.num_layers))
        self.final_norm = Norm(stack.norm, width) if stack.final_norm else None
        self.compiled: EncoderLayers | None = None
        """all layers in one call; see `crosslate.models.int8.compiled`"""

    def forward(self, ids: Tensor, packing: Packing) -> Tensor:
        return self.leave(self._through_layers(self.enter(ids, packing), packing), packing)

    def enter(self, ids: Tensor, packing: Packing) -> Tensor:
        """What the first layer reads: (N,) -> (N, M), or (B * G + N, M) with global tokens."""
        table = None if self.positions is None else self.positions.rows(packing.longest)
        x = self.embedding(ids, packing.positions, table)
        if self.embedding_norm is not None:
            x = self.embedding_norm(x)
        return x if self.global_tokens is None else self.global_tokens.join(x, packing)

    def leave(self, x: Tensor, packing: Packing) -> Tensor:
        """What becomes of the last layer's: (N, M), or (B * G + N, M) -> (N, M)."""
        if self.global_tokens is not None:
            x = self.global_tokens.leave(x, packing)
        return x if self.final_norm is None else self.final_norm(x)

    def _through_layers(self, x: Tensor, packing: Packing) -> Tensor:
        biases = self.attention_bias(packing, x.dtype)
        if self.compiled is not None and packing.offsets is not None:
            return self.compiled(x, packing, biases)
        for layer, bias in zip(self.layers, biases, strict=False):
            x = layer(x, packing, bias)
        return x


def _build_layer(spec: StackSpec, width: int, index: int) -> EncoderLayer:
    if isinstance(spec.pattern, StaggeredBlockSpec):
        return GlobalTokenEncoderLayer(spec, width, index, spec.pattern.num_global_tokens)
    return EncoderLayer(spec, width, index)
