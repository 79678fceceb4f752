"""The served network, made to learn.

The modules of `models.transformer` are built for inference, but all they compute can be differentiated. What
training adds is a vocabulary cut to what a batch needs, so that neither the embedding's gradient nor the
softmax costs the whole vocabulary. There is no dropout: the weights come from students that were distilled
without it, and at a rate of 0.1 they forget all they know.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from crosslate.models.layers.masks import causal_bias, key_padding_bias
from crosslate.models.layers.packing import Packing
from crosslate.models.network.decoder_layers import DecoderLayer
from crosslate.models.network.transformer import EncoderDecoder
from crosslate.models.specs.spec import NetworkSpec

CPU = torch.device("cpu")
IGNORED = -100


@dataclass(frozen=True, slots=True)
class Batch:
    """B pairs; ids are rows of `vocabulary`."""

    vocabulary: Tensor
    """(K,) sorted token ids: every one of the batch, and the frequent ones"""
    continuing: Tensor
    """(3, N) pair, step and row of `vocabulary` of the tokens that continue the source"""
    source: Tensor
    """(N,) end to end"""
    source_lengths: list[int]
    inputs: Tensor
    """(B, T) `START`, then the target"""
    labels: Tensor
    """(B, T) the target, `</s>` last; `IGNORED` behind it"""


class Worker:
    """A copy of the network that shares its weights' memory and has gradients of its own."""

    def __init__(self, spec: NetworkSpec, weights: dict[str, Tensor], *, copy_bias: float = 0.0) -> None:
        """`copy_bias`: of `CopyRule`."""
        self.copy_bias = copy_bias
        self.model = EncoderDecoder(spec)
        for name, parameter in self.model.named_parameters():
            parameter.data = weights[name]
            parameter.requires_grad_(name not in {"encoder.embedding.weight", "output.bias"})
        self.embedding = weights["encoder.embedding.weight"]
        self.bias = weights["output.bias"]

    def gradients(self, batch: Batch, smoothing: float, scale: float) -> tuple[float, dict[str, Tensor]]:
        """The summed loss, and gradients of `scale` times it; those of the vocabulary by `(K, ...)` rows."""
        rows = nn.Parameter(self.embedding[batch.vocabulary])
        bias = nn.Parameter(self.bias[batch.vocabulary])
        self.model.encoder.embedding.weight = rows
        self.model.output.weight = rows
        self.model.output.bias = bias
        logits = self.model.logits(self._states(batch)) + self._copy_bias(batch)
        loss = nn.functional.cross_entropy(
            logits.flatten(0, 1),
            batch.labels.flatten(),
            ignore_index=IGNORED,
            label_smoothing=smoothing,
            reduction="sum",
        )
        learned = {name: p for name, p in self.model.named_parameters() if p.requires_grad}
        found = torch.autograd.grad(loss * scale, list(learned.values()))
        return float(loss.detach()), dict(zip(learned, found, strict=True))

    def _copy_bias(self, batch: Batch) -> Tensor:
        """What copying adds to the scores, (B, T, K); see `crosslate.models.engine.scores.copy_rule`."""
        bias = torch.zeros(*batch.labels.shape, len(batch.vocabulary))
        bias[tuple(batch.continuing)] = self.copy_bias
        return bias

    def _states(self, batch: Batch) -> Tensor:
        """Teacher-forced decoder states, (B, T, M)."""
        packing = Packing.of(batch.source_lengths, CPU)
        encoded = self.model.encode(batch.source, packing)
        decoder = self.model.decoder
        length = batch.inputs.shape[1]
        padding = key_padding_bias(packing.lengths, packing.longest, torch.float32)
        causal = causal_bias(length, torch.float32, CPU)
        assert decoder.positions is not None
        x = decoder.embedding(batch.inputs, torch.arange(length), decoder.positions.rows(length))
        sources = self.model.project_sources(encoded, packing)
        for layer, memory in zip(decoder.layers, sources, strict=True):
            assert isinstance(layer, DecoderLayer)
            x, queries = layer.before_cross(x, causal)
            x = layer.after_cross(x, layer.cross(queries, memory, padding))
        return x
