"""The best continuations of a sequence's beams, without a pass over scores for every rule.

Beams need a handful of candidates of each lane. Where a request's rules only ban tokens, as those of nearly
all checkpoints do, the lane's highest scores hold them: as many as are wanted and as are banned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from crosslate.models.engine.scores.logits import LaneScores

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
    scores: LaneScores, totals: Sequence[float], banned: Sequence[set[int]], count: int
) -> list[Continuation] | None:
    """The `count` with the highest totals, best first, of lanes whose beams have these `totals`.

    None where this way does not lead there: nobody finds the highest scores faster than all, too much is
    banned, or a score is NaN.
    """
    most_banned = max(map(len, banned))
    if most_banned > MAX_BANNED:
        return None
    highest = scores.highest(count + most_banned)
    if highest is None or bool(highest.log_probs.isnan().any()):
        return None
    found = [
        Continuation(lane, token, total + log_prob, log_prob)
        for lane, (tokens, log_probs, total, bans) in enumerate(
            zip(highest.ids.tolist(), highest.log_probs.tolist(), totals, banned, strict=True)
        )
        for token, log_prob in zip(tokens, log_probs, strict=True)
        if token not in bans and log_prob > -math.inf
    ]
    if len(found) < count:
        return None
    return sorted(found, key=lambda continuation: -continuation.total)[:count]
