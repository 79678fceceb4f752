"""Scaled dot-product attention (Vaswani et al. 2017, section 3.2.1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

MAX_SHORT_KEYS = 64
"""On the CPU the fused kernel takes twice as long as three plain operations for up to so many keys."""


def attend(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, scale: float) -> Tensor:
    """Fused attention: (B, H, T, D), (B, H, S, D), (B, H, S, D) -> (B, H, T, D).

    `bias` (broadcastable to (B, H, T, S)) is added to the scores: 0 where a query may look and a large
    negative number where it may not. A row that may look nowhere gives a finite, meaningless mean.
    """
    if q.device.type == "cpu" and k.shape[2] <= MAX_SHORT_KEYS:
        return _attend_in_steps(q, k, v, bias, scale)
    return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=bias, scale=scale)


def _attend_in_steps(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None, scale: float) -> Tensor:
    scores = torch.matmul(q, k.transpose(-1, -2)).mul_(scale)
    if bias is not None:
        scores.add_(bias)
    return torch.matmul(torch.softmax(scores, dim=-1), v)


def attention_weights(q: Tensor, k: Tensor, bias: Tensor | None, scale: float) -> Tensor:
    """The weights that `attend` applies, in float32: (B, H, T, D), (B, H, S, D) -> (B, H, T, S)."""
    # In place: the scores of a long source are the largest tensor there is.
    scores = torch.matmul(q.float(), k.float().transpose(-1, -2)).mul_(scale)
    if bias is not None:
        scores.add_(bias.float())
    return torch.softmax(scores, dim=-1)


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
