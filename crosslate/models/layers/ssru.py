"""The simpler simple recurrent unit: a decoder layer's memory in one vector (Kim et al. 2019)."""

from __future__ import annotations

import torch
from torch import Tensor

from crosslate.models.layers.layers import Linear
from crosslate.models.layers.mixers import Mixer
from crosslate.models.layers.state import State, TensorSpec
from crosslate.models.layers.step_layout import StepLayout
from crosslate.models.native.kernels import load_kernels


class SSRU(Mixer):
    """f = sigmoid(x W_f + b_f);  c_t = f * c_{t-1} + (1 - f) * (x W);  out = relu(c_t).

    Mirrors the `ssru` cell of Marian 1.9. W_f and W are one product; W has no bias, so its half of
    `gates.bias` is zero.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.gates = Linear(width, 2 * width, bias=True)

    def new_state(self, num_lanes: int, dtype: torch.dtype, device: torch.device) -> State:
        """The cells: (R, W, M), zero at the start."""
        return State.empty({"cells": TensorSpec(("row", "lane", self.width), dtype)}, num_lanes, device)

    def _gates(self, x: Tensor) -> tuple[Tensor, Tensor]:
        forget, candidate = self.gates(x).chunk(2, dim=-1)
        return torch.sigmoid(forget), candidate

    def step(self, x: Tensor, state: State, layout: StepLayout) -> Tensor:
        """One new token per lane: (R, W, M) -> (R, W, M)."""
        cells = state["cells"][: layout.num_rows]
        kernels = load_kernels()
        if kernels is not None and kernels.fit(x):
            return kernels.ssru_step(self.gates(x), cells)
        forget, candidate = self._gates(x)
        torch.lerp(candidate, cells, forget, out=cells)
        return torch.relu(cells)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """All target tokens at once: (B, T, M) -> (B, T, M). Causal by nature, so `bias` is not read."""
        forget, candidate = self._gates(x)
        cell = torch.zeros_like(candidate[:, 0])
        cells = []
        for t in range(x.shape[1]):
            cell = torch.lerp(candidate[:, t], cell, forget[:, t])
            cells.append(cell)
        return torch.relu(torch.stack(cells, dim=1))
