"""The simpler simple recurrent unit: a decoder layer's memory in one vector (Kim et al. 2019)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.kv_cache import LayerCache, RecurrentState, StepLayout
from models.layers import Linear
from models.native.kernels import load_kernels


class SSRU(nn.Module):
    """f = sigmoid(x W_f + b_f);  c_t = f * c_{t-1} + (1 - f) * (x W);  out = relu(c_t).

    Mirrors the `ssru` cell of Marian 1.9. W_f and W are one product; W has no bias, so its half of
    `gates.bias` is zero.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gates = Linear(width, 2 * width, bias=True)

    def _gates(self, x: Tensor) -> tuple[Tensor, Tensor]:
        forget, candidate = self.gates(x).chunk(2, dim=-1)
        return torch.sigmoid(forget), candidate

    def step(self, x: Tensor, cache: LayerCache, layout: StepLayout) -> Tensor:
        """One new token per lane: (R, W, M) -> (R, W, M)."""
        assert isinstance(cache, RecurrentState)
        cells = cache.cells[: layout.num_rows]
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
