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
