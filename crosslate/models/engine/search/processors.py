"""Rules that change the next token's scores before one is chosen, as `transformers` defines them.

A processor edits `scores` in place; a score of minus infinity bans the token. `tokens` is the history of
decoder inputs, the start token included where the model has one; `step` counts the tokens generated so far.
Shapes: W lanes of one sequence, T inputs so far, V vocabulary, N n-grams of n tokens.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

import torch

from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.request import GenerationParams
from crosslate.models.errors import InvalidParamsError

BANNED = -math.inf
NOTHING = torch.empty(0, dtype=torch.int64)


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
        tokens = tokens.to(scores.device)
        seen = scores.gather(1, tokens)
        penalised = torch.where(seen < 0, seen * self._penalty, seen / self._penalty)
        scores.scatter_(1, tokens, penalised)


class BanningRule(ABC):
    """A rule that does no more than to ban tokens."""

    @abstractmethod
    def bans(self, tokens: torch.Tensor, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """What is banned after `tokens` (W, T): lanes (N,) and tokens (N,)."""

    def add_to(self, banned: list[set[int]], tokens: torch.Tensor, step: int) -> None:
        """Add what is banned after `tokens` (W, T) to each lane's set."""
        for lane, token in zip(*(part.tolist() for part in self.bans(tokens, step)), strict=True):
            banned[lane].add(token)

    def __call__(self, scores: torch.Tensor, tokens: torch.Tensor, step: int) -> None:
        lanes, banned = self.bans(tokens, step)
        scores[lanes.to(scores.device), banned.to(scores.device)] = BANNED


class NoRepeatNGram(BanningRule):
    """Bans the token that would complete an n-gram which the history already holds."""

    def __init__(self, size: int) -> None:
        self._size = size

    def bans(self, tokens: torch.Tensor, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Compare the last n-1 tokens with every n-gram of the same lane."""
        if tokens.shape[1] < self._size:
            return NOTHING, NOTHING
        # (W, T) -> (W, N, n)
        return _completions(tokens, tokens.unfold(1, self._size, 1))


class BannedNGrams(BanningRule):
    """Bans the token that would complete one of a fixed set of n-grams (of bad words, or of the source)."""

    def __init__(self, ngrams: Sequence[Sequence[int]]) -> None:
        by_size: defaultdict[int, list[Sequence[int]]] = defaultdict(list)
        for ngram in ngrams:
            by_size[len(ngram)].append(ngram)
        self._by_size = [torch.tensor(group) for group in by_size.values()]

    def bans(self, tokens: torch.Tensor, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Compare the last tokens with every n-gram that the history is long enough for."""
        found = [
            # (N, n) -> (W, N, n)
            _completions(tokens, ngrams.expand(tokens.shape[0], *ngrams.shape))
            for ngrams in self._by_size
            if tokens.shape[1] >= ngrams.shape[1] - 1
        ]
        if not found:
            return NOTHING, NOTHING
        lanes, banned = zip(*found, strict=True)
        return torch.cat(lanes), torch.cat(banned)


def _completions(tokens: torch.Tensor, ngrams: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Lanes, and the last tokens of their `ngrams` (W, N, n) whose first n-1 tokens end the history."""
    prefix_length = ngrams.shape[2] - 1
    prefix = tokens[:, tokens.shape[1] - prefix_length :]
    # (W, N, n-1) == (W, 1, n-1) -> (W, N)
    matches = (ngrams[:, :, :-1] == prefix[:, None, :]).all(dim=-1)
    lane, ngram = matches.nonzero(as_tuple=True)
    return lane, ngrams[lane, ngram, -1]


class BannedTokens(BanningRule):
    """Bans tokens in the steps `first_step <= step < end_step`."""

    def __init__(self, token_ids: Sequence[int], *, first_step: int = 0, end_step: int | None = None) -> None:
        self._token_ids = torch.tensor(token_ids)
        self._banned = frozenset(token_ids)
        self._first_step = first_step
        self._end_step = math.inf if end_step is None else end_step

    def add_to(self, banned: list[set[int]], tokens: torch.Tensor, step: int) -> None:
        """See `BanningRule`; beams of nearly every checkpoint ask in each step, hence without tensors."""
        if self._first_step <= step < self._end_step:
            for lane in banned:
                lane.update(self._banned)

    def bans(self, tokens: torch.Tensor, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The tokens in every lane, while `step` lies in range."""
        if not self._first_step <= step < self._end_step:
            return NOTHING, NOTHING
        lanes = torch.arange(tokens.shape[0])
        return lanes.repeat_interleave(len(self._token_ids)), self._token_ids.repeat(len(lanes))


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

    def bans(self, tokens: torch.Tensor, step: int) -> list[set[int]] | None:
        """Each lane's banned tokens after `tokens` (W, T); None where a rule does more at `step`."""
        banned: list[set[int]] = [set() for _ in range(tokens.shape[0])]
        for rule in self._processors:
            if isinstance(rule, BanningRule):
                rule.add_to(banned, tokens, step)
            elif not isinstance(rule, ForcedToken) or rule.is_forced(step):
                return None
        return banned

    def __call__(self, scores: torch.Tensor, tokens: torch.Tensor, step: int) -> torch.Tensor:
        """Processed scores (W, V); `scores` itself is left as it was."""
        if not self._processors:
            return scores
        processed = scores.clone()
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
    if single := [word[0] for word in bad_words if len(word) == 1]:
        rules.append(BannedTokens(single))
    if longer := [word for word in bad_words if len(word) > 1]:
        rules.append(BannedNGrams(longer))
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
