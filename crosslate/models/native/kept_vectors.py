"""Keys and values as they are kept for later tokens: as they are, or half as wide.

Where int8 layers are compiled, a vector of a head is kept as integers of 16 bits behind its scale, as
`kept.h` describes: what attention reads at every step comes from memory, and is half as much then. Here is
the same in torch, for whoever reads them otherwise.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_SCALE_PLACES, _GROUP_SIZE, _LEVELS, _UPPER = 2, 16, 32767, 65536.0


def num_places(head_dim: int, *, is_short: bool) -> int:
    """Of a kept vector, in its own type."""
    return _SCALE_PLACES + -(-head_dim // _GROUP_SIZE) * _GROUP_SIZE if is_short else head_dim


def shortened(x: Tensor, *, is_value: bool) -> Tensor:
    """(..., D) float32 -> (..., places) int16. A vector's scale is NaN where an entry is not finite."""
    largest = x.abs().amax(dim=-1, keepdim=True)
    scale = torch.where(largest.isfinite(), largest / _LEVELS, torch.nan)
    factor = torch.tensor(float(_LEVELS)).div(largest)  # a number in its place would be multiplied with
    is_fit = largest.isfinite() & (factor * _UPPER).isfinite()
    whole = torch.where(is_fit, x * factor, 0.0)
    # (..., D) -> (..., groups, 8) for each half
    grouped = nn.functional.pad(whole, (0, -x.shape[-1] % _GROUP_SIZE))
    upper, lower = grouped.reshape(*x.shape[:-1], -1, 2, 8).unbind(-2)
    low = lower.round().int() & 0xFFFF
    if is_value:
        # whoever reads the upper one as it stands, the lower behind it, is nearest to what it was
        high, scale = ((upper * _UPPER).round().int() - low + (1 << 15)) >> 16, scale / _UPPER
    else:
        high = upper.round().int()
    halves = high << 16 | low
    return torch.cat([scale.view(torch.int16), halves.flatten(-2).view(torch.int16)], dim=-1)


def opened(kept: Tensor, head_dim: int, *, is_value: bool) -> Tensor:
    """Kept vectors (..., places) as floats: (..., D). Those that were never short are as they were."""
    if kept.dtype != torch.int16:
        return kept
    # copied, since 32 bits must not begin amid a place
    scale, halves = (part.contiguous() for part in kept.tensor_split([_SCALE_PLACES], dim=-1))
    words = halves.view(torch.int32).view(*kept.shape[:-1], -1, 8)
    upper = words if is_value else words >> 16 << 16
    whole = torch.stack([upper, words << 16], dim=-2).float().flatten(-3)
    return whole[..., :head_dim] * (scale.view(torch.float32) / (1.0 if is_value else _UPPER))
