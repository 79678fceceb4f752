"""The mean of several runs' weights, which is often better than any of them (Wortsman et al. 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor


def mean_of_averages(checkpoints: Sequence[Path]) -> dict[str, Tensor]:
    """Of the moving averages in checkpoints of `training.train`, weight by weight."""
    mean: dict[str, Tensor] = {}
    for path in checkpoints:
        average: dict[str, Tensor] = torch.load(path, weights_only=True)["average"]
        for name, weight in average.items():
            mean[name] = mean.get(name, 0.0) + weight / len(checkpoints)
    return mean
