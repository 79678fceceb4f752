"""One token after the other, lane by lane: greedy search under processors, and sampling.

Shapes: W lanes of one sequence, V vocabulary.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import torch

from crosslate.models.engine.request import FinishReason, GenerationParams, Hypothesis
from crosslate.models.engine.search.chooser import LaneChoice
from crosslate.models.engine.search.history import LaneHistory
from crosslate.models.engine.search.processors import BANNED, dead_end_error
from crosslate.models.engine.search.rules import SearchRules

if TYPE_CHECKING:
    from crosslate.models.engine.scores.logits import LaneScores

Warper = Callable[[torch.Tensor], None]
"""Reshapes the distribution before sampling: edits scores (W, V) in place."""

DEFAULT_TOP_K = 50


def divide(temperature: float, scores: torch.Tensor) -> None:
    """Flattens (above 1) or sharpens (below 1) the distribution."""
    scores.div_(temperature)


def keep_top_k(top_k: int, scores: torch.Tensor) -> None:
    """Keeps the k best tokens of each lane, and those that tie with the last of them."""
    threshold = scores.topk(min(top_k, scores.shape[1])).values[:, -1:]
    scores.masked_fill_(scores < threshold, BANNED)


def keep_top_p(top_p: float, min_tokens: int, scores: torch.Tensor) -> None:
    """Keeps the smallest set of best tokens whose probability exceeds p (nucleus, Holtzman et al. 2020)."""
    # After top-k few tokens are left: only those need sorting. K of them, worst first.
    num_possible = int((scores > BANNED).sum(dim=1).max())
    best = scores.topk(num_possible)  # (W, V) -> (W, K)
    values, ids = best.values.flip(1), best.indices.flip(1)
    is_tail = values.softmax(dim=1).cumsum(dim=1) <= 1 - top_p
    is_tail[:, -min_tokens:] = False
    scores.scatter_(1, ids, values.masked_fill(is_tail, BANNED))


def warped(scores: torch.Tensor, warpers: Sequence[Warper]) -> torch.Tensor:
    """Reshaped scores (W, V); `scores` itself is left as it was."""
    if not warpers:
        return scores
    scores = scores.clone()
    for warp in warpers:
        warp(scores)
    return scores


def make_warpers(params: GenerationParams, min_tokens: int) -> list[Warper]:
    """Temperature, top-k, top-p, in this order; at least `min_tokens` tokens stay possible."""
    warpers: list[Warper] = []
    if params.temperature not in (None, 1.0):
        warpers.append(partial(divide, params.temperature))
    top_k = DEFAULT_TOP_K if params.top_k is None else params.top_k
    if top_k:
        warpers.append(partial(keep_top_k, max(top_k, min_tokens)))
    if params.top_p is not None and params.top_p < 1.0:
        warpers.append(partial(keep_top_p, params.top_p, min_tokens))
    return warpers


def lane_generators(seed: int | None, num_lanes: int) -> list[torch.Generator]:
    """A random stream for each lane; the first depends on `seed` alone, not on how many there are.

    They live on the host, so that a seed means the same on every device.
    """
    if seed is None:
        seed = random.SystemRandom().getrandbits(63)
    further = random.Random(seed)
    seeds = [seed, *(further.getrandbits(63) for _ in range(num_lanes - 1))]
    return [torch.Generator().manual_seed(lane_seed) for lane_seed in seeds]


class BestToken:
    """Greedy: the token with the highest score."""

    def pick(self, scores: torch.Tensor, lanes: Sequence[int]) -> torch.Tensor:
        """One token for each of `lanes`, whose scores are the rows of `scores`: (W, V) -> (W,)."""
        return scores.argmax(dim=1)


class SampledToken:
    """A token drawn from the warped distribution, each lane with its own random stream."""

    def __init__(self, warpers: Sequence[Warper], generators: Sequence[torch.Generator]) -> None:
        self._warpers = tuple(warpers)
        self._generators = tuple(generators)

    def pick(self, scores: torch.Tensor, lanes: Sequence[int]) -> torch.Tensor:
        """One token for each of `lanes`, whose scores are the rows of `scores`: (W, V) -> (W,)."""
        # (W, V) -> (W, V); in double precision, so that the sum's rounding hides no token
        cumulative = warped(scores, self._warpers).double().softmax(dim=1).cumsum(dim=1)
        # (W, 1): the token drawn is the first whose cumulative probability exceeds it
        threshold = self._uniform(lanes).to(scores.device) * cumulative[:, -1:]
        return torch.searchsorted(cumulative, threshold, right=True).squeeze(1)

    def _uniform(self, lanes: Sequence[int]) -> torch.Tensor:
        """A number from [0, 1) for each of `lanes`, (W, 1)."""
        # Drawn in single precision: none is so close to 1 that it rounds to the whole sum.
        drawn = [torch.rand(1, generator=self._generators[lane]) for lane in lanes]
        return torch.stack(drawn).double()


class IndependentLanes:
    """Lanes that each decode one output on their own; over when all of them are.

    A lane that is over reads padding until then. The score of a token is its log-probability under the
    model, whatever processors and warpers did to it; a forced token counts as certain.
    """

    def __init__(
        self,
        *,
        num_lanes: int,
        picker: BestToken | SampledToken,
        rules: SearchRules,
    ) -> None:
        self._picker = picker
        self._rules = rules
        self._history = LaneHistory(num_lanes, rules.limits.decoder_start_token_id, rules.max_new_tokens)
        self._log_probs = [0.0] * num_lanes
        self._open_lanes = list(range(num_lanes))
        self._finished: list[Hypothesis] = []

    def choose(self, scores: LaneScores) -> LaneChoice:
        """Choose a token for each open lane.

        Raises:
            InvalidParamsError: the parameters leave no token possible here.
        """
        tokens = [self._rules.limits.pad_token_id] * len(self._log_probs)
        found = self._pick(scores.all()[self._open_lanes])
        picked = zip(self._open_lanes, *found, strict=True)
        for lane, token, log_prob in list(picked):
            if self._history.ends_before(token, lane, self._rules.stop):
                self._finished.append(self._hypothesis(lane, FinishReason.LENGTH))
                self._open_lanes.remove(lane)
                continue
            tokens[lane] = token
            self._log_probs[lane] += log_prob
        self._history.append(tokens)
        self._close_lanes(tokens)
        if self._open_lanes:
            return LaneChoice(tokens, None, None)
        self._finished.sort(key=lambda hypothesis: hypothesis.score, reverse=True)
        return LaneChoice(tokens, None, self._finished)

    def _pick(self, logits: torch.Tensor) -> tuple[list[int], list[float]]:
        """A token and its log-probability for each open lane, whose logits are the rows of `logits`."""
        step = self._history.step
        scores = self._rules.processors(logits, self._history.tokens[self._open_lanes], step)
        # `not >` rather than `<=`: NaN ends here too
        if not bool((scores.amax(dim=1) > BANNED).all()):
            raise dead_end_error(step)
        chosen = self._picker.pick(scores, self._open_lanes)
        tokens: list[int] = chosen.tolist()
        if self._rules.processors.is_forced(step):
            return tokens, [0.0] * len(tokens)
        # Not `logsumexp`: MKL shares its exponentials among threads, which takes longer than a row's work.
        log_probs = logits.log_softmax(dim=1).gather(1, chosen[:, None])  # (W, V) -> (W, 1)
        return tokens, log_probs.squeeze(1).tolist()

    def _close_lanes(self, tokens: list[int]) -> None:
        still_open = []
        is_at_limit = self._history.step == self._rules.max_new_tokens
        # An end that is forced at the limit is there whatever the model had still to say.
        is_cut = is_at_limit and self._rules.processors.is_forced(self._rules.max_new_tokens - 1)
        for lane in self._open_lanes:
            if tokens[lane] in self._rules.limits.eos_token_ids and not is_cut:
                self._finished.append(self._hypothesis(lane, FinishReason.STOP))
            elif is_at_limit:
                self._finished.append(self._hypothesis(lane, FinishReason.LENGTH))
            else:
                still_open.append(lane)
        self._open_lanes = still_open

    def _hypothesis(self, lane: int, reason: FinishReason) -> Hypothesis:
        token_ids = self._history.generated(lane)
        return Hypothesis(
            token_ids=token_ids, score=self._log_probs[lane] / len(token_ids), finish_reason=reason
        )
