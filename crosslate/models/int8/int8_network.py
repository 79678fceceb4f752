"""A network whose linear layers and embeddings are int8 from the start.

Each matrix becomes so as it is read, so that in memory there is little more than the int8 network. Only what
is read to find the centers of inputs (`input_centers`) passes layers in float32: one layer at a time.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from crosslate.models.attention.multi_head import CausalSelfAttention, CrossAttention, EncoderSelfAttention
from crosslate.models.checkpoints.checkpoint import StoredNetwork
from crosslate.models.checkpoints.stored_tensors import row_blocks
from crosslate.models.freed_memory import return_freed_memory
from crosslate.models.int8.input_centers import Centers, input_centers, probing_pairs
from crosslate.models.int8.quantization import Int8Embedding, Int8Linear, Int8Output, Int8Rows
from crosslate.models.layers.layers import START, Embedding, FeedForward, Linear
from crosslate.models.layers.ssru import SSRU
from crosslate.models.native.kernels import load_kernels
from crosslate.models.network.transformer import EncoderDecoder

COARSE = {
    (EncoderSelfAttention, "out"),
    (CausalSelfAttention, "out"),
    (SSRU, "gates"),
    (CrossAttention, "q"),
    (CrossAttention, "out"),
}
"""Layers beside the feed-forward blocks to whose inputs two bytes would change too few sentences."""


class SomeTokens(Embedding):
    """Of an embedding the tokens that are read to find centers, and the start, which has no vector."""

    def __init__(self, whole: Embedding, ids: Tensor, rows: Tensor) -> None:
        """`ids` (n,) in order, `rows` (n, M)."""
        super().__init__(0, rows.shape[1], whole.scale, knows_start=whole.knows_start)
        self.ids = ids
        self.weight = nn.Parameter(rows, requires_grad=False)

    def forward(self, ids: Tensor, positions: Tensor | None = None, table: Tensor | None = None) -> Tensor:
        """As `Embedding`."""
        places = torch.searchsorted(self.ids, ids).where(ids != START, ids)
        return super().forward(places, positions, table)


def read_int8(stored: StoredNetwork) -> EncoderDecoder:
    """The network, with int8 modules in the place of its linear layers and embeddings."""
    model = filled_but_for_matrices(stored)
    rounding = _Rounding(stored)
    kernels = load_kernels()
    # Without kernels inputs stay as they are; with AMX all have two bytes, which are fine enough.
    if kernels is not None and kernels.isa != "amx":
        rounding.round_as_read()
    rounding.round_the_rest()
    return model


def filled_but_for_matrices(stored: StoredNetwork) -> EncoderDecoder:
    """The network with all that int8 modules do not hold."""
    model = stored.model
    matrices = {module.weight for module in model.modules() if isinstance(module, Linear | Embedding)}
    stored.fill(model, leaving=matrices)
    return model


class _Rounding:
    """Puts int8 modules into a network whose matrices are still to be read."""

    def __init__(self, stored: StoredNetwork) -> None:
        self._stored = stored
        self._model = stored.model
        self._source, self._target = self._model.encoder.embedding, self._model.decoder.embedding
        # Nothing here may hold a layer that has been replaced: neither these names nor a center's key.
        self._names = {
            module: name for name, module in self._model.named_modules() if not isinstance(module, Linear)
        }
        self._centers: Centers = {}

    def round_as_read(self) -> None:
        """Each part of the network once its inputs have been seen."""
        self._put_tokens(
            [token for pair in probing_pairs(self._model) for token in pair.source + pair.inputs]
        )
        for part, centers in input_centers(self._model, self._stored.fill):
            self._round_linears(part, centers)
            self._centers |= centers  # of what is in no part
            # Else the C library keeps holes between what is int8, together as large as that.
            return_freed_memory()

    def round_the_rest(self) -> None:
        """What has not been rounded before; the tables of tokens, which are the largest, last."""
        self._round_linears(self._model, self._centers)
        self._round_tables()

    def _put_tokens(self, tokens: Sequence[int]) -> None:
        """Have the embeddings know these, as many as there are in each."""
        model = self._model
        model.encoder.embedding = self._some_of(self._source, "encoder.embedding.weight", tokens)
        model.decoder.embedding = (
            model.encoder.embedding
            if self._target is self._source
            else self._some_of(self._target, "decoder.embedding.weight", tokens)
        )

    def _some_of(self, whole: Embedding, name: str, tokens: Sequence[int]) -> SomeTokens:
        ids = sorted({token for token in tokens if token != START and token < len(whole.weight)})
        return SomeTokens(whole, torch.tensor(ids), self._stored.some_rows(name, ids))

    def _round_linears(self, part: nn.Module, centers: Centers) -> None:
        """Those within a part that are still there, but for the output projection."""
        for module in [module for module in part.modules() if not isinstance(module, Linear)]:
            for name, child in module.named_children():
                if isinstance(child, Linear) and child is not self._model.output:
                    path = ".".join(filter(None, (self._names[module], name, "weight")))
                    center, is_fine = centers.pop(child, None), _is_sensitive(module, name)
                    rows = self._rows(path, child.weight)
                    setattr(module, name, Int8Linear(rows, child.bias, centers=center, is_fine=is_fine))

    def _round_tables(self) -> None:
        """The tables of tokens, and the output projection."""
        model = self._model
        rows = self._rows("encoder.embedding.weight", self._source.weight)
        model.encoder.embedding = Int8Embedding(rows, self._source.scale)  # type: ignore[assignment]
        if self._target is self._source:
            model.decoder.embedding = model.encoder.embedding
        else:
            rows = self._rows("decoder.embedding.weight", self._target.weight)
            model.decoder.embedding = Int8Embedding(rows, self._target.scale)  # type: ignore[assignment]
        if not model.spec.tie_output:
            rows = self._rows("output.weight", model.output.weight)
        bias, center = model.output.bias, self._centers.get(model.output)
        model.output = Int8Output(rows, bias, centers=center)  # type: ignore[assignment]

    def _rows(self, name: str, weight: Tensor) -> Int8Rows:
        steps = self._stored.row_steps(name)
        blocks = self._stored.blocks(name) if weight.is_meta else row_blocks(weight)
        return Int8Rows.of_blocks(weight.shape, blocks, steps)


def _is_sensitive(module: nn.Module, name: str) -> bool:
    """Whether a linear layer's input should have two bytes."""
    return not isinstance(module, FeedForward) and (type(module), name) not in COARSE
