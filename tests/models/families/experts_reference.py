"""NLLB-MoE of `transformers` 5 with its experts asked as its routers say.

Version 5.23 takes a mask of ones and zeros for ids of experts, so that experts 0 and 1 take all tokens.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
from torch import Tensor
from transformers.models.nllb_moe.modeling_nllb_moe import NllbMoeExperts

from tests.models.families.parity import ReferenceModel


def ask_as_routed(model: ReferenceModel) -> None:
    """Have every expert's weight be what the router says, which is zero for most."""
    for module in model.modules():
        if isinstance(module, NllbMoeExperts):
            module.forward = MethodType(_weighted_sum, module)  # type: ignore[method-assign]


def _weighted_sum(experts: Any, states: Tensor, mask: Tensor, weights: Tensor) -> Tensor:
    """(N, M), an unread mask, (N, E) -> (N, M)."""
    asked = [experts[f"expert_{i}"] for i in range(experts.num_experts)]
    every = torch.stack([expert(states) for expert in asked], dim=1)  # (N, E, M)
    kept: float = 1 - experts.moe_token_dropout
    return (every * weights[..., None]).sum(dim=1) * kept
