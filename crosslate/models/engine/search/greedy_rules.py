"""Greedy search under rules so simple that all rows are chosen together, on a GPU without asking the host.

Checkpoints as they are published need them: opus-mt bans its padding token, NLLB and mBART force the target's
language first. Rules that read the history (repetition penalty, n-grams) stay with the host.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosslate.models.engine.limits import RunnerLimits

if TYPE_CHECKING:
    from crosslate.models.engine.request import GenerationParams

MAX_BANNED = 8
"""Tokens that a row may never choose: a place for each is kept for every row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GreedyRules:
    """What one row goes by. Steps count from 0."""

    max_new_tokens: int
    min_new_tokens: int = 0
    """No end token in the steps before."""
    first_token: int | None = None
    """Forced at step 0."""
    last_token: int | None = None
    """Forced at step `max_new_tokens - 1`, also where that is step 0."""
    banned: tuple[int, ...] = ()

    def forced(self, step: int) -> int | None:
        """The one token that is possible at this step, if there is only one."""
        if self.last_token is not None and step == self.max_new_tokens - 1:
            return self.last_token
        return self.first_token if step == 0 else None

    def banned_at(self, step: int, eos_token_ids: tuple[int, ...]) -> tuple[int, ...]:
        """What is not possible at this step: also the end, while it is too early for it."""
        return self.banned + eos_token_ids if step < self.min_new_tokens else self.banned


def greedy_rules(params: GenerationParams, max_new_tokens: int, limits: RunnerLimits) -> GreedyRules | None:
    """The rules that stand for these parameters, defaults applied; None where they ask for more."""
    if not _is_greedy(params):
        return None
    words = params.bad_words_ids or ()
    if any(len(word) > 1 for word in words):
        return None
    # An end token cannot be a bad word, as in `processors`.
    bad = {word[0] for word in words} - set(limits.eos_token_ids)
    banned = tuple(sorted(bad | set(params.suppress_tokens or ())))
    if len(banned) > MAX_BANNED or len(banned) + len(limits.eos_token_ids) >= limits.vocab_size:
        return None
    return GreedyRules(
        max_new_tokens=max_new_tokens,
        min_new_tokens=params.min_new_tokens or 0,
        first_token=params.forced_bos_token_id,
        last_token=params.forced_eos_token_id,
        banned=banned,
    )


def _is_greedy(params: GenerationParams) -> bool:
    """One lane, the likeliest token, no rule that reads the history."""
    return not (
        (params.num_beams or 1) > 1
        or params.do_sample
        or params.repetition_penalty not in (None, 1.0)
        or params.no_repeat_ngram_size
        or params.encoder_no_repeat_ngram_size
        or params.begin_suppress_tokens
    )
