"""What mixes the positions of a target within a decoder layer: modules that own their state."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from crosslate.models.layers.state import State
from crosslate.models.layers.step_layout import StepLayout


class Mixer(nn.Module, ABC):
    """A step at a time, or over a whole target."""

    @abstractmethod
    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> State:
        """What it keeps between steps, empty."""

    @abstractmethod
    def step(self, x: Tensor, state: State, layout: StepLayout) -> Tensor:
        """One new token per lane: (R, W, M) -> (R, W, M); the state is renewed."""

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """All target tokens at once, as the steps would have them: (B, T, M) -> (B, T, M).

        `bias`, to (B, H, T, T), hides what comes later from who looks back; no step can see that.
        """
        num_rows, length, _ = x.shape
        state = self.new_state(1, x.dtype, x.device).sized(num_rows, length, 0)
        no_source = torch.zeros(num_rows, dtype=torch.int64, device=x.device)
        return torch.cat(
            [
                self.step(x[:, t, None], state, StepLayout.even(t, no_source, 0, x.dtype))
                for t in range(length)
            ],
            dim=1,
        )
