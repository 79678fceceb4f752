"""Local attention: a window of the source instead of all of it (Luong et al. 2015, section 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from crosslate.models.layers.layers import Linear
from crosslate.models.layers.masks import bias_against, hiding_bias
from crosslate.models.specs.recurrent_spec import LocalSpec


class LocalWindow(nn.Module):
    """Tokens s with |s - p| <= D are seen; where p is predicted, the nearer the better.

    local-m: p is the token's own position, or the source's last one where the target is longer (the paper
    leaves that open). local-p: p = S * sigmoid(v . tanh(W h)), and weights are multiplied by a Gaussian
    around it with the deviation D / 2. Positions are counted from 0.
    """

    def __init__(self, spec: LocalSpec, width: int) -> None:
        super().__init__()
        self.radius = spec.radius
        self.position = Linear(width, width, bias=False) if spec.predicts else None
        self.score = nn.Parameter(torch.empty(width), requires_grad=False) if spec.predicts else None

    def centres(self, queries: Tensor, positions: Tensor, lengths: Tensor) -> Tensor:
        """p: of queries (R, W, H) at these positions (R,), in sources of these lengths (R,) -> (R, W, 1)."""
        if self.position is None or self.score is None:
            return torch.minimum(positions, lengths - 1)[:, None, None]
        # (R, W, H) -> (R, W)
        share = torch.sigmoid((torch.tanh(self.position(queries)) @ self.score).float())
        return (share * lengths[:, None])[..., None]

    def bias(self, centres: Tensor, num_keys: int, dtype: torch.dtype) -> Tensor:
        """What hides the tokens that are too far away: (R, W, 1) -> (R, W, S)."""
        return bias_against(self._distances(centres, num_keys).abs() > self.radius, hiding_bias(dtype), dtype)

    def focused(self, weights: Tensor, centres: Tensor) -> Tensor:
        """Weights (R, W, S) as values are mixed by them: their sum may be below 1."""
        if self.position is None:
            return weights
        deviation = self.radius / 2
        return weights * torch.exp(-(self._distances(centres, weights.shape[-1]) ** 2) / (2 * deviation**2))

    @staticmethod
    def _distances(centres: Tensor, num_keys: int) -> Tensor:
        return torch.arange(num_keys, device=centres.device) - centres
