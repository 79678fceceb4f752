"""From one step's logits to the next token of every lane."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.request import FinishReason, Hypothesis
from crosslate.models.engine.scores.logits import LaneScores
from crosslate.models.engine.search.processors import dead_end_error
from crosslate.models.engine.sequence import Sequence
from crosslate.models.errors import EngineError

if TYPE_CHECKING:
    from torch import Tensor

    from crosslate.models.engine.scores.logits import Scores

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BatchChoice:
    """The next decoder inputs of a batch, sequence by sequence and lane by lane."""

    tokens: list[list[int]]
    parents: list[list[int]] | None
    """The lane that each lane continues; None: every lane of every sequence continues itself."""


def choose_tokens(batch: list[Sequence], logits: Scores, limits: RunnerLimits) -> BatchChoice:
    """Extend every sequence of `batch` (all of one width) by a step; those that are over have ended after.

    Greedy rows are chosen together; every other sequence asks its own chooser. A chooser that raises
    ends its own sequence only.
    """
    if all(sequence.chooser is None for sequence in batch):
        return BatchChoice([[token] for token in _extend_greedy(batch, logits, limits)], None)
    return _choose_each(batch, logits, limits)


def _extend_greedy(batch: list[Sequence], logits: Scores, limits: RunnerLimits) -> list[int]:
    """The likeliest token of every row, appended where it counts. The hot path: little work per sequence."""
    tokens, logprobs = logits.best()
    eos_token_ids = limits.eos_token_ids
    for row, sequence in enumerate(batch):
        if sequence.chooser is not None:
            continue
        token, logprob = tokens[row], logprobs[row]
        if sequence.rules is not None:
            step = len(sequence.token_ids)
            forced = sequence.rules.forced(step)
            if forced is not None:
                token, logprob = forced, 0.0  # certain
            elif token in (banned := sequence.rules.banned_at(step, eos_token_ids)):
                scores = logits.over_vocabulary(slice(row, row + 1), limits.vocab_size)[0]
                token, logprob = _best_allowed(scores, (token, logprob), banned)
            tokens[row] = token
        if logprob == -math.inf:
            sequence.fail(FinishReason.ERROR, str(dead_end_error(len(sequence.token_ids))))
        else:
            extend_greedy(sequence, token, logprob, eos_token_ids)
    return tokens


def _best_allowed(scores: Tensor, best: tuple[int, float], banned: tuple[int, ...]) -> tuple[int, float]:
    """The likeliest token that is not banned, with the model's own log-probability of it.

    Seldom is the likeliest of all banned, and only then is the row looked at again.

    Args:
        scores: (V,) of one row.
        best: the likeliest token of all.
        banned: among them `best`.
    """
    token, logprob = best
    total = float(scores[token]) - logprob
    allowed = scores.clone()
    allowed[list(banned)] = -math.inf
    token = int(allowed.argmax())
    return token, float(allowed[token]) - total


def extend_greedy(sequence: Sequence, token: int, logprob: float, eos_token_ids: tuple[int, ...]) -> None:
    """One more token of greedy search; a sequence for which it is the last, or too much, has ended after."""
    written, stop = sequence.token_ids, sequence.stop
    if stop is not None and written and stop.is_over(len(written), written[-1], token):
        _end_greedy(sequence, FinishReason.LENGTH)
        return
    sequence.token_ids.append(token)
    sequence.sum_logprob += logprob
    is_at_limit = len(written) >= sequence.max_new_tokens
    if is_at_limit and (token not in eos_token_ids or _is_forced_to_end(sequence)):
        _end_greedy(sequence, FinishReason.LENGTH)
    elif token in eos_token_ids:
        _end_greedy(sequence, FinishReason.STOP)


def _is_forced_to_end(sequence: Sequence) -> bool:
    """At the limit: the end token is there whatever the model had still to say."""
    return sequence.rules is not None and sequence.rules.last_token is not None


def _end_greedy(sequence: Sequence, reason: FinishReason) -> None:
    score = sequence.sum_logprob / len(sequence.token_ids)
    if math.isfinite(score):
        sequence.end([Hypothesis(token_ids=sequence.token_ids, score=score, finish_reason=reason)])
    else:
        sequence.fail(FinishReason.ERROR, "the model computed no valid probabilities (NaN)")


def _choose_each(batch: list[Sequence], logits: Scores, limits: RunnerLimits) -> BatchChoice:
    width = batch[0].num_lanes
    has_greedy = any(sequence.chooser is None for sequence in batch)
    tokens = [[token] for token in _extend_greedy(batch, logits, limits)] if has_greedy else [[]] * len(batch)
    stay = list(range(width))
    parents = [stay] * len(batch)
    for i, sequence in enumerate(batch):
        if sequence.chooser is None:
            continue
        scores = LaneScores(logits, slice(i * width, (i + 1) * width), limits.vocab_size)
        try:
            choice = sequence.chooser.choose(scores)
        except EngineError as error:
            sequence.fail(FinishReason.ERROR, str(error))
            tokens[i] = [limits.pad_token_id] * width
            continue
        except Exception as error:
            logger.exception("choosing tokens failed for request %d", sequence.request_id)
            sequence.fail(FinishReason.ERROR, f"choosing tokens failed ({type(error).__name__})")
            tokens[i] = [limits.pad_token_id] * width
            continue
        tokens[i] = choice.tokens
        parents[i] = choice.parents or stay
        if choice.finished is not None:
            sequence.end(choice.finished)
        elif width == 1:
            sequence.token_ids.append(choice.tokens[0])
    return BatchChoice(tokens, None if all(lanes is stay for lanes in parents) else parents)
