"""Encoders that read a source a token at a time, from one end or from both."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from crosslate.models.layers.cells import CellChain, States, build_chain
from crosslate.models.layers.layers import Embedding, LayerList
from crosslate.models.layers.packing import Packing
from crosslate.models.network.encoder import SourceEncoder
from crosslate.models.specs.recurrent_spec import LuongSpec, RecurrentEncoderSpec, RecurrentSpec


class RecurrentEncoderLayer(nn.Module):
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
        found = torch.stack([states[0] for states in self._run(x, lengths)], dim=1)
        return found + x if self.skips else found

    def all_states(self, x: Tensor, lengths: Tensor) -> Tensor:
        """As `forward`, all that the cells hand on: (B, S, M) -> (B, S, K, H)."""
        return torch.stack([torch.stack(states, dim=1) for states in self._run(x, lengths)], dim=1)

    def _run(self, x: Tensor, lengths: Tensor) -> list[States]:
        """The states behind each token, in the source's order."""
        num_rows, longest, _ = x.shape
        projected = self.chain.read(x)
        assert projected is not None
        states: States = tuple(x.new_zeros(num_rows, self.width) for _ in range(self.num_states))
        found = [states] * longest
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
            found[t] = states
        return found


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


class StackedRecurrentEncoder(SourceEncoder):
    """Each layer reads what the one below put out, from all of its directions.

    What comes out of a token are the states of all layers, end to end: a decoder begins with the last ones.
    """

    def __init__(self, spec: LuongSpec, embedding: Embedding) -> None:
        super().__init__(embedding)
        directions = (False, True) if spec.is_bidirectional else (False,)
        width = spec.encoded_width // len(directions)
        self.layers = LayerList(
            LayerList(
                RecurrentEncoderLayer(
                    build_chain(spec.cell, width, spec.encoded_width if i else spec.width, depth=1),
                    spec.cell.num_states,
                    width,
                    is_backward=is_backward,
                    skips=False,
                )
                for is_backward in directions
            )
            for i in range(spec.num_cells)
        )

    def forward(self, ids: Tensor, packing: Packing) -> Tensor:
        """(N,) -> (N, L * K * C)."""
        x = packing.pad(self.embedding(ids))
        found = []
        for layer in self.layers:
            # (B, S, K, H / 2) from either end -> (B, S, K, H)
            states = torch.cat([one.all_states(x, packing.lengths) for one in layer], dim=-1)
            found.append(states)
            x = states[:, :, 0]
        # (B, S, L, K, C) -> (N, L * K * C)
        return packing.unpad(torch.stack(found, dim=2).flatten(2))


def _stack(
    spec: RecurrentEncoderSpec, input_dim: int, width: int, *, starts_backward: bool
) -> LayerList[RecurrentEncoderLayer]:
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
) -> RecurrentEncoderLayer:
    return RecurrentEncoderLayer(
        build_chain(spec.cell, width, input_dim, spec.depth),
        spec.cell.num_states,
        width,
        is_backward=is_backward,
        skips=spec.skips and index > 0,
    )
