"""What belongs together in two texts by the encoder's states alone, without the decoder.

An encoder that reads several languages puts words that mean the same near each other. Jalili Sabet et al.
2020 and Dou and Neubig 2021 align by such states of language models; these are the translation model's own.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from crosslate.models.arrays import FloatArray


def similarity_map(source: Tensor, target: Tensor, scale: float) -> FloatArray:
    """States (S, M) and (T, M) -> (T, S): softmax over the source of `scale` times the cosine."""
    ours, theirs = (nn.functional.normalize(states.float(), dim=-1) for states in (source, target))
    weights: FloatArray = torch.softmax(theirs @ ours.T * scale, dim=-1).cpu().numpy()
    return weights
