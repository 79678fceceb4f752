"""Additive attention (Bahdanau et al. 2015, appendix A.1.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from crosslate.models.layers.cells import NormedLinear, dense
from crosslate.models.specs.recurrent_spec import GateNormSpec


class AdditiveAttention(nn.Module):
    """weights = softmax(v . tanh(W q + U k)): a small network scores each pair, not a product."""

    def __init__(self, query_dim: int, key_dim: int, norm: GateNormSpec | None) -> None:
        super().__init__()
        shifts = norm is not None and norm.as_nematus
        self.query = NormedLinear(query_dim, key_dim, norm, bias=False, shifts=shifts)
        self.key = dense(key_dim, key_dim, norm)
        self.score = nn.Parameter(torch.empty(key_dim), requires_grad=False)

    def keys(self, encoded: Tensor) -> Tensor:
        """What queries are compared with: (..., C) -> (..., C)."""
        keys: Tensor = self.key(encoded)
        return keys

    def forward(self, queries: Tensor, keys: Tensor, bias: Tensor | None) -> Tensor:
        """How much each query looks at each key.

        Args:
            queries: (R, W, H).
            keys: (R, S, C), of `keys`.
            bias: to (R, W, S), large and negative where there is no token.

        Returns:
            (R, W, S) in float32.
        """
        # (R, W, 1, C) + (R, 1, S, C) -> (R, W, S, C) -> (R, W, S)
        scores = torch.tanh(self.query(queries)[:, :, None] + keys[:, None]) @ self.score
        return torch.softmax((scores if bias is None else scores + bias).float(), dim=-1)
