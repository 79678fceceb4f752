"""What the decoders of recurrent cells share: one look at the source a step, by one head."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from crosslate.models.attention.hard import NOTHING_DRAWN, read_one
from crosslate.models.layers.cells import States
from crosslate.models.layers.packing import Packing
from crosslate.models.layers.state import State, TensorSpec
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.network.decoder_layers import LookingLayer


class RecurrentDecoderLayer(LookingLayer):
    """All of a recurrent decoder between embedding and output projection.

    Attributes:
        reads_one: attention is hard.
    """

    def __init__(self, *, reads_one: bool) -> None:
        super().__init__()
        self.reads_one = reads_one

    def seed(self, memory: State, seeds: Tensor) -> None:
        if self.reads_one:
            memory["seeds"].copy_(seeds)

    def seed_spec(self) -> dict[str, TensorSpec]:
        """What a memory has for draws."""
        return {"seeds": TensorSpec(("row",), torch.int64)} if self.reads_one else {}

    def no_seeds(self, packing: Packing) -> dict[str, Tensor]:
        """As `seed_spec` declares it, of sources that nothing is drawn for yet."""
        return {"seeds": torch.full_like(packing.lengths, NOTHING_DRAWN)} if self.reads_one else {}

    def hardened(self, weights: Tensor, memory: State, layout: StepLayout) -> Tensor:
        """What is read of the source: (R, W, S) -> (R, W, S)."""
        return read_one(weights, memory["seeds"], layout.positions) if self.reads_one else weights


def keep_cells(kept: Tensor, layers: Sequence[States]) -> None:
    """Write what each layer's cells hand on, (R, W, H) each, over what they had: (R, W, L, K, H)."""
    kept.copy_(torch.stack([torch.stack(states, dim=2) for states in layers], dim=2))
