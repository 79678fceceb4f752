"""The best continuations of a sequence's beams, without a pass over scores for every rule.

Beams need a handful of candidates of each lane. Where a request's rules only ban tokens, as those of nearly
all checkpoints do, the lane's highest scores hold them: as many as are wanted and as are banned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.native.kernels import load_kernels

MAX_BANNED = 64
"""Of a lane: with more, a pass over all scores is no slower."""


@dataclass(frozen=True, slots=True)
class Continuation:
    """One more token for a lane."""

    lane: int
    token: int
    total: float
    """the lane's score and the token's log-probability"""
    log_prob: float


def best_continuations(
    logits: Tensor, lane_scores: Sequence[float], banned: Sequence[set[int]], count: int
) -> list[Continuation] | None:
    """The `count` with the highest totals, best first, from `logits` (W, V).

    None where this way does not lead there: the kernels do not take these logits, too much is banned, or a
    score is NaN.
    """
    kernels = load_kernels()
    is_plain = logits.dtype == torch.float32 and logits.device.type == "cpu"
    most_banned = max(map(len, banned))
    if kernels is None or not is_plain or most_banned > MAX_BANNED:
        return None
    ids, log_probs = kernels.highest_scores(logits, min(count + most_banned, logits.shape[1]))
    lanes = enumerate(zip(ids.tolist(), log_probs.tolist(), lane_scores, banned, strict=True))
    found = [
        Continuation(lane, token, score + log_prob, log_prob)
        for lane, (tokens, logs, score, bans) in lanes
        for token, log_prob in zip(tokens, logs, strict=True)
        if token not in bans and log_prob > -math.inf
    ]
    if len(found) < count or bool(log_probs.isnan().any()):
        return None
    return sorted(found, key=lambda continuation: -continuation.total)[:count]
