"""Positions as rotations of queries and keys, so that a score knows a distance (Su et al. 2021)."""

from __future__ import annotations

import torch
from torch import Tensor


def rotate(x: Tensor, positions: Tensor, base: float) -> Tensor:
    """Turn each pair of dimensions i and i + D/2 by its position times base^(-2i/D).

    (..., H, D) with positions (...) -> (..., H, D).
    """
    half = x.shape[-1] // 2
    exponents = torch.arange(half, device=x.device, dtype=torch.float32) / half
    angles = positions[..., None].float() * base**-exponents
    # (..., D/2) -> (..., 1, D/2), for all heads
    cos, sin = angles.cos().to(x.dtype)[..., None, :], angles.sin().to(x.dtype)[..., None, :]
    first, second = x[..., :half], x[..., half:]
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)
