"""Linear attention as a function that `transformers` attends with: pair by pair, as the paper defines it.

Models are trained with it as they are served (`docs/attention.md`). This imports nothing of Crosslate.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask
from transformers.models.bart.modeling_bart import eager_attention_forward

LINEAR_ATTENTION = "linear"


def kind_of(module: nn.Module) -> str:
    """Where a model's attention stands."""
    if not module.is_decoder:
        return "encoder"
    return "decoder" if module.is_causal else "cross"


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    **options: Any,
) -> tuple[Tensor, Tensor]:
    """Katharopoulos et al. 2020, equations 4 and 7, and 8 where a mask hides what comes later."""
    config: Any = module.config
    if kind_of(module) not in config.linear_attention:
        found: tuple[Tensor, Tensor] = eager_attention_forward(
            module, query, key, value, attention_mask, **options
        )
        return found
    q, k = (nn.functional.elu(part) + 1 for part in (query, key))
    weights = q @ k.transpose(-1, -2)
    if attention_mask is not None:
        weights = weights * (attention_mask == 0)
    weights = weights / weights.sum(dim=-1, keepdim=True)
    return (weights @ value).transpose(1, 2).contiguous(), weights


AttentionInterface.register(LINEAR_ATTENTION, attend)
AttentionMaskInterface.register(LINEAR_ATTENTION, eager_mask)
