"""ProphetNet that reads a target as it writes one, and whose `cross_attentions` are as other families'.

Where `transformers` reads several tokens at once, it adds the predicting streams' relative positions, which
are in the order of tokens and heads, to scores in the order of heads and tokens. As it writes there is one
token, and no order to confuse. Its maps are scores from before the softmax, of the main stream and, behind
it, of each predicting one.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor
from transformers.models.prophetnet import modeling_prophetnet

from tests.models.families.parity import ReferenceModel

_prophetnet: Any = modeling_prophetnet


def _forward(self: Any, **inputs: Any) -> Any:
    """With the weights of the first predicting stream, from which tokens are read."""
    output = _prophetnet.ProphetNetForConditionalGeneration.forward(self, **inputs)
    if output.cross_attentions is not None:
        length = output.logits.shape[1]
        output.cross_attentions = tuple(
            scores[:, :, length : 2 * length].softmax(dim=-1) for scores in output.cross_attentions
        )
    return output


FirstStreamProphetNet = type(
    "FirstStreamProphetNet", (modeling_prophetnet.ProphetNetForConditionalGeneration,), {"forward": _forward}
)


def place_tokens_one_by_one(model: ReferenceModel) -> None:
    """Have each token's relative positions found as when it is written."""
    for module in model.modules():
        if isinstance(module, modeling_prophetnet.ProphetNetNgramSelfAttention):
            own: Any = module
            own.get_predict_relative_pos_embeddings = partial(
                _one_by_one, own.get_predict_relative_pos_embeddings
            )


def _one_by_one(found: Any, states: Tensor, scores: Tensor, places: Tensor, buckets: Tensor | None) -> Tensor:
    if buckets is None:
        return found(states, scores, places, buckets)  # type: ignore[no-any-return]
    tokens = [slice(t, t + 1) for t in range(states.shape[1])]
    alone = [found(states[:, t], scores[..., t, :], places, buckets[:, t]) for t in tokens]
    return torch.cat(alone, dim=3)
