"""How central passages of a source are to it, and how alike, by the encoder's states.

A passage stands for the mean of its tokens' states; from all of these their own mean is taken, since
states of one text have much in common whatever they say.

Shapes: S source tokens, M width, N passages.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.extraction import Passage

_LEAST = 1e-6


def cosines(states: torch.Tensor, passages: Sequence[Passage]) -> FloatArray:
    """Of each two passages, from states `(S, M)`: `(N, N)`; 0 of a passage with itself."""
    means = torch.stack([states[p.start : p.end].float().mean(dim=0) for p in passages]).cpu().numpy()
    means = means - means.mean(axis=0)
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), _LEAST)
    # (N, M) @ (M, N) -> (N, N)
    found: FloatArray = (means @ means.T).astype(np.float32)
    np.fill_diagonal(found, 0.0)
    return found


def centrality(cosines: FloatArray) -> FloatArray:
    """How alike each passage is to the others, `(N, N)` -> `(N,)`, with mean 0 and deviation 1.

    All 0 where there are too few to tell, or no difference.
    """
    count = len(cosines)
    sums = np.maximum(cosines, 0.0).sum(axis=1)
    deviation = float(sums.std())
    if count < 3 or deviation < _LEAST:
        return np.zeros(count, dtype=np.float32)
    return ((sums - sums.mean()) / deviation).astype(np.float32)
