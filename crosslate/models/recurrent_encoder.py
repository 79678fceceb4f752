"""An encoder that reads its source from both ends."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from crosslate.models.cells import CellChain, States, build_chain
from crosslate.models.encoder import SourceEncoder
from crosslate.models.layers import Embedding, LayerList
from crosslate.models.packing import Packing
from crosslate.models.recurrent_spec import RecurrentEncoderSpec, RecurrentSpec


class RecurrentLayer(nn.Module):
    """Cells along a source, in one direction."""

    def __init__(
        self, chain: CellChain, num_states: int, width: int, *, is_backward: bool, skips: bool
    ) -> None:
        super().__init__()
        self.chain = chain
        self.num_states = num_states
        self.width = width
        self.is_backward = is_backward
        self.skips = skips

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """(B, S, M) with B sources of these lengths, padded at the end -> (B, S, H)."""
        num_rows, longest, _ = x.shape
        projected = self.chain.read(x)
        assert projected is not None
        states: States = tuple(x.new_zeros(num_rows, self.width) for _ in range(self.num_states))
        outputs = [states[0]] * longest
        order = range(longest)
        for t in reversed(order) if self.is_backward else order:
            new = self.chain(projected[:, t], states)
            # From the right, a source begins where its padding ends.
            is_read = (lengths > t)[:, None] if self.is_backward else None
            states = (
                new
                if is_read is None
                else tuple(torch.where(is_read, now, old) for now, old in zip(new, states, strict=True))
            )
            outputs[t] = states[0]
        found = torch.stack(outputs, dim=1)
        return found + x if self.skips else found


class RecurrentEncoder(SourceEncoder):
    """Two stacks of layers, one for either direction, side by side; then layers over both."""

    def __init__(self, spec: RecurrentSpec, embedding: Embedding) -> None:
        super().__init__(embedding)
        own, width = spec.encoder, spec.state_width
        self.forwards = _stack(own, spec.width, width, starts_backward=False)
        self.backwards = _stack(own, spec.width, width, starts_backward=True)
        self.uppers = LayerList(
            _layer(own, width if i else 2 * width, width, is_backward=False, index=i)
            for i in range(own.num_unidirectional)
        )

    def forward(self, ids: Tensor, packing: Packing) -> Tensor:
        embedded = packing.pad(self.embedding(ids))
        both = []
        for layers in (self.forwards, self.backwards):
            x = embedded
            for layer in layers:
                x = layer(x, packing.lengths)
            both.append(x)
        x = torch.cat(both, dim=-1)
        for layer in self.uppers:
            x = layer(x, packing.lengths)
        return packing.unpad(x)


def _stack(
    spec: RecurrentEncoderSpec, input_dim: int, width: int, *, starts_backward: bool
) -> LayerList[RecurrentLayer]:
    return LayerList(
        _layer(
            spec,
            width if i else input_dim,
            width,
            is_backward=starts_backward != (spec.alternates and i % 2 == 1),
            index=i,
        )
        for i in range(spec.num_bidirectional)
    )


def _layer(
    spec: RecurrentEncoderSpec, input_dim: int, width: int, *, is_backward: bool, index: int
) -> RecurrentLayer:
    return RecurrentLayer(
        build_chain(spec.cell, width, input_dim, spec.depth),
        spec.cell.num_states,
        width,
        is_backward=is_backward,
        skips=spec.skips and index > 0,
    )
