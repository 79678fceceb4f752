"""Global attention by a product (Luong et al. 2015, section 3.1); `additive.py` has their third form."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from crosslate.models.layers.layers import Linear


class ProductAttention(nn.Module):
    """weights = softmax(q . k), or softmax(q W . k) in the general form; nothing scales them."""

    def __init__(self, width: int, key_dim: int, *, is_general: bool) -> None:
        super().__init__()
        self.query = Linear(width, key_dim, bias=False) if is_general else None

    def forward(self, queries: Tensor, keys: Tensor, bias: Tensor | None) -> Tensor:
        """How much each query looks at each key.

        Args:
            queries: (R, W, H).
            keys: (R, S, C), the encoder's states as they are; C is H but in the general form.
            bias: to (R, W, S), large and negative where there is no token.

        Returns:
            (R, W, S) in float32.
        """
        if self.query is not None:
            queries = self.query(queries)
        # (R, W, C) @ (R, C, S) -> (R, W, S)
        scores = queries @ keys.transpose(1, 2)
        return torch.softmax((scores if bias is None else scores + bias).float(), dim=-1)
