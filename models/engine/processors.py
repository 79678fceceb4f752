"""Rules that change the next token's scores before one is chosen, as `transformers` defines them.

A processor edits `scores` in place; a score of minus infinity bans the token. `tokens` is the history of
decoder inputs, the start token included where the model has one; `step` counts the tokens generated so far.
Shapes: W lanes of one sequence, T inputs so far, V vocabulary, N n-grams of n tokens.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import torch

from models.engine.request import GenerationParams
from models.errors import InvalidParamsError

if TYPE_CHECKING:
    from models.engine.runner import RunnerLimits

BANNED = -math.inf


class LogitsProcessor(Protocol):
    """One rule."""

    def __call__(self, scores: torch.Tensor, tokens: torch.Tensor, step: int) -> None:
        """Edit `scores` (W, V) in place, given `tokens` (W, T)."""
        ...


class RepetitionPenalty:
    """Divides positive and multiplies negative scores of tokens in the history (CTRL, Keskar et al. 2019)."""

    def __init__(self, penalty: float) -> None:
        self._penalty = penalty

    def __call__(self, scores: torch.Tensor, tokens: torch.Tensor, step: int) -> None:
        """Penalise every token of the history once, however often it occurs."""
        seen = scores.gather(1, tokens)
        penalised = torch.where(seen < 0, seen * self._penalty, seen / self._penalty)
        scores.scatter_(1, tokens, penalised)


class NoRepeatNGram:
    """Bans the token that would complete an n-gram which the history already holds."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __call__(self, scores: torch.Tensor, tokens: torch.Tensor, step: int) -> None:
        """Compare the last n-1 tokens with every n-gram of the same lane."""
        if tokens.shape[1] >= self._size:
            # (W, T) -> (W, N, n)
            _ban_completions(scores, tokens, tokens.unfold(1, self._size, 1))


class BannedNGrams:
    """Bans the token that would complete one of a fixed set of n-grams (of bad words, or of the source)."""

    def __init__(self, ngrams: Sequence[Sequence[int]]) -> None:
        by_size: defaultdict[int, list[Sequence[int]]] = defaultdict(list)
        for ngram in ngrams:
            by_size[len(ngram)].append(ngram)
        self._by_size = [torch.tensor(group) for group in by_size.values()]

    def __call__(self, scores: torch.Tensor, tokens: torch.Tensor, step: int) -> None:
        """Compare the last tokens with every n-gram that the history is long enough for."""
        for ngrams in self._by_size:
            if tokens.shape[1] >= ngrams.shape[1] - 1:
                # (N, n) -> (W, N, n)
                _ban_completions(
                    scores, tokens, ngrams.to(scores.device).expand(tokens.shape[0], *ngrams.shape)
                )


def _ban_completions(scores: torch.Tensor, tokens: torch.Tensor, ngrams: torch.Tensor) -> None:
    """Ban the last token of each of `ngrams` (W, N, n) whose first n-1 tokens end the lane's history."""
    prefix_length = ngrams.shape[2] - 1
    prefix = tokens[:, tokens.shape[1] - prefix_length :]
    # (W, N, n-1) == (W, 1, n-1) -> (W, N)
    matches = (ngrams[:, :, :-1] == prefix[:, None, :]).all(dim=-1)
    lane, ngram = matches.nonzero(as_tuple=True)
    scores[lane, ngrams[lane, ngram, -1]] = BANNED


class BannedTokens:
    """Bans tokens in the steps `first_step <= step < end_step`."""

    def __init__(self, token_ids: Sequence[int], *, first_step: int = 0, end_step: int | None = None) -> None:
        self._token_ids = torch.tensor(token_ids)
        self._first_step = first_step
        self._end_step = end_step

    def __call__(self, scores: torch.Tensor, tokens: torch.Tensor, step: int) -> None:
        """Ban the tokens while `step` lies in range."""
        if step >= self._first_step and (self._end_step is None or step < self._end_step):
            scores.index_fill_(1, self._token_ids.to(scores.device), BANNED)


class ForcedToken:
    """Leaves one token possible at one step."""

    def __init__(self, token_id: int, step: int) -> None:
        self._token_id = token_id
        self._step = step

    def is_forced(self, step: int) -> bool:
        """Whether there is no choice at `step`."""
        return step == self._step

    def __call__(self, scores: torch.Tensor, tokens: torch.Tensor, step: int) -> None:
        """Ban all other tokens at the step."""
        if self.is_forced(step):
            scores.fill_(BANNED)
            scores[:, self._token_id] = 0.0


class LogitsProcessors:
    """The rules of one request, in the order in which `transformers` applies them."""

    def __init__(self, processors: Sequence[LogitsProcessor]) -> None:
        self._processors = tuple(processors)

    def __len__(self) -> int:
        return len(self._processors)

    def is_forced(self, step: int) -> bool:
        """Whether the token at `step` is forced, so that it says nothing about the model's confidence."""
        return any(rule.is_forced(step) for rule in self._processors if isinstance(rule, ForcedToken))

    def __call__(self, scores: torch.Tensor, tokens: torch.Tensor, step: int) -> torch.Tensor:
        """Processed scores (W, V); `scores` itself is left as it was."""
        if not self._processors:
            return scores
        processed = scores.clone()
        tokens = tokens.to(scores.device)
        for rule in self._processors:
            rule(processed, tokens, step)
        return processed


def dead_end_error(step: int) -> InvalidParamsError:
    """What to raise when no token is possible at `step`."""
    return InvalidParamsError(
        f"no token is possible at output position {step}: the parameters ban every one the model offers "
        "there; relax bad_words_ids, suppress_tokens, min_new_tokens or the n-gram sizes"
    )


def make_processors(
    params: GenerationParams, source_ids: Sequence[int], limits: RunnerLimits, max_new_tokens: int
) -> LogitsProcessors:
    """The rules that `params` ask for; the order decides where they contradict each other."""
    return LogitsProcessors(
        [
            *_repetition_rules(params, source_ids),
            *_ban_rules(params, limits),
            *_forced_rules(params, max_new_tokens),
            *_suppression_rules(params),
        ]
    )


def _repetition_rules(params: GenerationParams, source_ids: Sequence[int]) -> list[LogitsProcessor]:
    rules: list[LogitsProcessor] = []
    if params.repetition_penalty not in (None, 1.0):
        rules.append(RepetitionPenalty(params.repetition_penalty))
    if params.no_repeat_ngram_size:
        rules.append(NoRepeatNGram(params.no_repeat_ngram_size))
    if size := params.encoder_no_repeat_ngram_size:
        rules.append(BannedNGrams([source_ids[i : i + size] for i in range(len(source_ids) - size + 1)]))
    return rules


def _ban_rules(params: GenerationParams, limits: RunnerLimits) -> list[LogitsProcessor]:
    rules: list[LogitsProcessor] = []
    # An end token cannot be a bad word: the output could not end.
    bad_words = [w for w in params.bad_words_ids or () if len(w) > 1 or w[0] not in limits.eos_token_ids]
    if bad_words:
        rules.append(BannedNGrams(bad_words))
    if params.min_new_tokens:
        rules.append(BannedTokens(limits.eos_token_ids, end_step=params.min_new_tokens))
    return rules


def _forced_rules(params: GenerationParams, max_new_tokens: int) -> list[LogitsProcessor]:
    rules: list[LogitsProcessor] = []
    if params.forced_bos_token_id is not None:
        rules.append(ForcedToken(params.forced_bos_token_id, step=0))
    if params.forced_eos_token_id is not None:
        rules.append(ForcedToken(params.forced_eos_token_id, step=max_new_tokens - 1))
    return rules


def _suppression_rules(params: GenerationParams) -> list[LogitsProcessor]:
    rules: list[LogitsProcessor] = []
    if params.suppress_tokens:
        rules.append(BannedTokens(params.suppress_tokens))
    if params.begin_suppress_tokens:
        # "Begin" is the first token that the model is free to choose.
        begin = 0 if params.forced_bos_token_id is None else 1
        rules.append(BannedTokens(params.begin_suppress_tokens, first_step=begin, end_step=begin + 1))
    return rules
