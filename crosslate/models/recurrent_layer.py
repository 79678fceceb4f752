"""What the decoders of recurrent cells share: one look at the source a step, by one head."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from crosslate.models.cells import States
from crosslate.models.decoder_layers import StepLayer
from crosslate.models.state import LayerState
from crosslate.models.step_layout import StepLayout


class RecurrentLayer(StepLayer):
    """All of a recurrent decoder between embedding and output projection."""

    @abstractmethod
    def looking_step(self, x: Tensor, state: LayerState, layout: StepLayout) -> tuple[Tensor, Tensor]:
        """One new token per lane: (R, W, E) -> (R, W, M), and where it looked, (R, W, S) in float32."""

    def step(self, x: Tensor, state: LayerState, layout: StepLayout) -> Tensor:
        return self.looking_step(x, state, layout)[0]

    def watched_step(
        self, x: Tensor, state: LayerState, layout: StepLayout, heads: Sequence[int]
    ) -> tuple[Tensor, Tensor]:
        x, weights = self.looking_step(x, state, layout)
        return x, weights[:, None]


def keep_cells(kept: Tensor, layers: Sequence[States]) -> None:
    """Write what each layer's cells hand on, (R, W, H) each, over what they had: (R, W, L, K, H)."""
    kept.copy_(torch.stack([torch.stack(states, dim=2) for states in layers], dim=2))
