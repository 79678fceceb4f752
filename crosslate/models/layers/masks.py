"""Biases that hide keys from queries: padding, what comes later."""

from __future__ import annotations

import torch
from torch import Tensor


def hiding_bias(dtype: torch.dtype) -> float:
    """What hides a key when it is added to its score: half the least number, so that the sum is finite."""
    return torch.finfo(dtype).min / 2


def bias_against(is_hidden: Tensor, value: float, dtype: torch.dtype) -> Tensor:
    """The value where keys are hidden, 0 elsewhere; of the same shape."""
    return torch.zeros(is_hidden.shape, dtype=dtype, device=is_hidden.device).masked_fill_(is_hidden, value)


def key_padding_bias(lengths: Tensor, longest: int, dtype: torch.dtype) -> Tensor:
    """0 for the first `lengths[b]` keys of row b, `hiding_bias` behind: (B,) -> (B, 1, 1, S)."""
    is_padding = torch.arange(longest, device=lengths.device)[None, :] >= lengths[:, None]
    return bias_against(is_padding, hiding_bias(dtype), dtype)[:, None, None, :]


def causal_bias(length: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """0 on and below the diagonal, `hiding_bias` above: -> (1, 1, T, T)."""
    bias = torch.full((length, length), hiding_bias(dtype), dtype=dtype, device=device)
    return bias.triu_(1)[None, None]
