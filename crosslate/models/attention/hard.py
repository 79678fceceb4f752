"""Hard attention: one source token is read, not the mean of all (Xu et al. 2015, section 4.1).

The likeliest one or, where a sequence has a seed, one that is drawn by the weights. What is drawn depends on
the seed, on the position that is written and on the source's position alone: neither on what else is
decoded, nor on how often or in which order. So a map that is read afterwards shows what was drawn.
"""

from __future__ import annotations

import torch
from torch import Tensor

NOTHING_DRAWN = -1
"""The seed of a row that reads the likeliest token."""


def read_one(weights: Tensor, seeds: Tensor, positions: Tensor) -> Tensor:
    """The weights of hard attention: 1 for one source token, 0 for all others.

    Args:
        weights: (R, W, S), of which one is drawn.
        seeds: (R,), negative where nothing is drawn. A row's lanes have their seed in common.
        positions: (R,) of the tokens that are read.

    Returns:
        (R, W, S), as `weights`.
    """
    # Gumbel's noise makes the largest a draw (Maddison et al. 2014): (R, S) -> (R, 1, S)
    noise = -torch.log(-torch.log(uniform(seeds, positions, weights.shape[-1])))[:, None]
    scores = torch.where((seeds >= 0)[:, None, None], weights.double().log() + noise, weights.double())
    return torch.zeros_like(weights).scatter_(-1, scores.argmax(dim=-1, keepdim=True), 1.0)


def uniform(seeds: Tensor, positions: Tensor, num_keys: int) -> Tensor:
    """Numbers between 0 and 1 for each source position: (R,), (R,) -> (R, S) in double precision."""
    keys = torch.arange(num_keys, device=seeds.device)
    high, low = seeds >> 32 & _MASK, seeds & _MASK
    # (R,) -> (R, S)
    mixed = _mix((_mix(_mix(_mix(high) ^ low) ^ positions)[:, None]) ^ keys)
    return (mixed.double() + 0.5) / (_MASK + 1)


_MASK = 2**32 - 1
_FACTOR = 0x45D9F3B


def _mix(x: Tensor) -> Tensor:
    """Spread 32 bits over 32 bits (Thomas Mueller's hash); no product exceeds 63 bits."""
    x = x + 0x9E3779B9 & _MASK  # or 0 would stay 0
    for _ in range(2):
        x = (x >> 16 ^ x) * _FACTOR & _MASK
    return x >> 16 ^ x
