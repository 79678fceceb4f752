"""Beam search through an automaton whose every path is an extract: whole passages of the source, in order.

Within a passage there is one way on; at its end there is one for each passage that may follow. So beams
compete for passages, not for tokens: a beam is worth the salience of what it holds, of which the model's own
probabilities are a part, and of the best that it may still take.

Shapes: W lanes (beams), V vocabulary, N passages, S source tokens, M width.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from models.arrays import FloatArray
from models.engine.extraction import Extraction, Passage
from models.engine.limits import RunnerLimits
from models.engine.request import FinishReason, Hypothesis
from models.engine.search.chooser import LaneChoice
from models.engine.search.salience import centrality, cosines
from models.errors import RequestFailedError

if TYPE_CHECKING:
    from models.engine.scores.logits import LaneScores

FLOOR = -20.0
"""Nats: of a token that the model's rules forbid. A copy needs no leave of theirs."""
USUAL_LOG_PROB = -0.5
"""Of a copied token; what is expected before any has been seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractSettings:
    """How the search is done."""

    num_beams: int = 1
    num_return_sequences: int = 1
    min_new_tokens: int = 0
    max_new_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """An unfinished extract."""

    gains: FloatArray
    """`(N,)`: what each passage would add; minus infinity where it may not follow"""
    future: float
    """the most that is left to gain"""
    num_left: int
    """passages still to come"""
    worth: float = 0.0
    """of the finished passages"""
    chosen: tuple[int, ...] = ()
    places: tuple[int, ...] = ()
    """of its tokens in the source"""
    log_prob: float = 0.0
    gain: float = 0.0
    """of the passage that is being written, its probability apart"""
    at: int = 0
    """place of the next token in the source"""
    end: int = 0
    """of the passage that is being written"""
    num_written: int = 0
    """tokens of it"""
    written: float = 0.0
    """the sum of their log-probabilities"""

    @property
    def is_between(self) -> bool:
        """At the end of a passage, or at the beginning of all."""
        return self.at >= self.end


class ExtractSearch:
    """Looks for the extracts of one source that are worth most. `read` comes before the first choice."""

    def __init__(
        self,
        extraction: Extraction,
        source_ids: Sequence[int],
        limits: RunnerLimits,
        settings: ExtractSettings,
        noise: FloatArray | None = None,
    ) -> None:
        """`noise` `(N,)` is added to the passages' salience, for extracts that are drawn."""
        self._passages = extraction.passages
        self._weights = extraction.weights
        self._count = extraction.count
        self._source_ids = source_ids
        self._limits = limits
        self._settings = settings
        self._lengths = np.array([passage.end - passage.start for passage in self._passages])
        self._skips = {start: end for passage in self._passages for start, end in passage.optional}
        self._salience = np.array([passage.prior for passage in self._passages], dtype=np.float32)
        if noise is not None:
            self._salience += noise
        self._penalties = _penalties(self._passages, self._weights.same_group)
        self._lanes: list[Lane] = []
        self._expected = _RunningMean(USUAL_LOG_PROB)
        self._finished: list[tuple[float, Hypothesis]] = []

    def read(self, states: torch.Tensor) -> None:
        """Take the encoder's states of the source, (S, M), into account."""
        if not self._weights.centrality and not self._weights.redundancy:
            return
        found = cosines(states, self._passages)
        self._salience += self._weights.centrality * centrality(found)
        self._penalties += self._weights.redundancy * np.maximum(found, 0.0)

    def choose(self, scores: LaneScores) -> LaneChoice:
        """Extend the lanes by a token.

        Raises:
            RequestFailedError: the scores are no numbers.
        """
        log_probs = scores.all().float().log_softmax(dim=1)
        lanes = self._lanes or [self._beginning()]
        grown = [
            (number, lane)
            for number, parent in enumerate(lanes)
            for lane in self._ways_on(parent, _TokenLogProbs(log_probs[number]))
        ]
        grown.sort(key=lambda way: -self._estimate(way[1]))
        kept = [(number, lane) for number, lane in grown[: self._settings.num_beams] if self._can_win(lane)]
        self._lanes = [lane for _, lane in kept]
        num_idle = self._settings.num_beams - len(kept)
        return LaneChoice(
            [self._source_ids[lane.places[-1]] for lane in self._lanes]
            + [self._limits.pad_token_id] * num_idle,
            [number for number, _ in kept] + [0] * num_idle,
            None if kept else self._best(),
        )

    def _beginning(self) -> Lane:
        return Lane(gains=self._salience, future=_highest(self._salience, self._count), num_left=self._count)

    def _ways_on(self, lane: Lane, log_probs: _TokenLogProbs) -> Iterator[Lane]:
        """One more token; where the extract ends with it, it is told to the finished instead."""
        if not lane.is_between:
            yield from self._unless_cut(self._written(lane, log_probs))
            return
        following = self._following(lane)
        for index in following:
            yield from self._unless_cut(self._written(self._begun(lane, index), log_probs))
        if not following:
            token = self._limits.eos_token_ids[0]
            self._finish(lane, [token], lane.log_prob + log_probs[token], FinishReason.STOP)

    def _following(self, lane: Lane) -> list[int]:
        """The passages that may come next."""
        length = len(lane.places)
        if not lane.num_left and length >= self._settings.min_new_tokens:
            return []
        possible: list[int] = np.flatnonzero(lane.gains > -math.inf).tolist()
        room = self._settings.max_new_tokens - length - 1
        fitting = [i for i in possible if self._lengths[i] <= room]
        if not fitting:
            # Better a passage that is cut than nothing.
            return [] if lane.chosen else possible
        return self._leaving_enough(lane, fitting, room)

    def _leaving_enough(self, lane: Lane, following: list[int], room: int) -> list[int]:
        """Without those behind which too few others fit, if there is a choice."""
        behind = [self._num_fitting_behind(lane, index, room) for index in following]
        enough = min(lane.num_left - 1, max(behind))
        return [index for index, count in zip(following, behind, strict=True) if count >= enough]

    def _num_fitting_behind(self, lane: Lane, index: int, room: int) -> int:
        is_possible = np.isfinite(lane.gains[index + 1 :] - self._penalties[index, index + 1 :])
        lengths = np.sort(self._lengths[index + 1 :][is_possible])
        return int(np.count_nonzero(lengths.cumsum() <= room - self._lengths[index]))

    def _begun(self, lane: Lane, index: int) -> Lane:
        """At the beginning of a passage."""
        passage = self._passages[index]
        goes_on = bool(lane.chosen) and lane.chosen[-1] == index - 1
        num_left = max(lane.num_left - 1, 0)
        gains = lane.gains - self._penalties[index]
        gains[: index + 1] = -math.inf
        return replace(
            lane,
            gains=gains,
            future=_highest(gains, num_left),
            num_left=num_left,
            chosen=(*lane.chosen, index),
            gain=float(lane.gains[index]),
            at=passage.start if goes_on else passage.start + passage.lead,
            end=passage.end,
            num_written=0,
            written=0.0,
        )

    def _written(self, lane: Lane, log_probs: _TokenLogProbs) -> Lane:
        """With the next token of its passage."""
        at = lane.at
        after = self._skips.get(at)
        if after is not None and log_probs[self._source_ids[after]] > log_probs[self._source_ids[at]]:
            at = after
        log_prob = log_probs[self._source_ids[at]]
        if lane.num_written:  # beginnings are far less probable than what follows
            self._expected.add(log_prob)
        grown = replace(
            lane,
            places=(*lane.places, at),
            log_prob=lane.log_prob + log_prob,
            at=at + 1,
            num_written=lane.num_written + 1,
            written=lane.written + log_prob,
        )
        if not grown.is_between:
            return grown
        return replace(grown, worth=self._worth(grown), num_written=0)

    def _worth(self, lane: Lane) -> float:
        """With the passage that is being written, as if the rest of it were as probable as is expected."""
        if not lane.num_written:
            return lane.worth
        num_left = max(lane.end - lane.at, 0)
        mean = (lane.written + num_left * self._expected.value) / (lane.num_written + num_left)
        return lane.worth + lane.gain + self._weights.probability * mean

    def _estimate(self, lane: Lane) -> float:
        """What it may come to be worth."""
        to_come = lane.future + lane.num_left * self._weights.probability * self._expected.value
        return self._worth(lane) + to_come

    def _can_win(self, lane: Lane) -> bool:
        num_wanted = self._settings.num_return_sequences
        if len(self._finished) < num_wanted:
            return True
        return self._estimate(lane) > self._finished[num_wanted - 1][0]

    def _unless_cut(self, lane: Lane) -> Iterator[Lane]:
        if len(lane.places) < self._settings.max_new_tokens:
            yield lane
        else:
            self._finish(lane, [], lane.log_prob, FinishReason.LENGTH)

    def _finish(self, lane: Lane, ending: list[int], log_prob: float, reason: FinishReason) -> None:
        token_ids = [*(self._source_ids[place] for place in lane.places), *ending]
        hypothesis = Hypothesis(
            token_ids=token_ids,
            score=log_prob / len(token_ids),
            finish_reason=reason,
            copied_from=lane.places,
        )
        self._finished.append((self._worth(lane), hypothesis))
        self._finished.sort(key=lambda finished: -finished[0])

    def _best(self) -> list[Hypothesis]:
        return [hypothesis for _, hypothesis in self._finished[: self._settings.num_return_sequences]]


class _TokenLogProbs:
    """The log-probability of each token, from those of one lane (V,)."""

    def __init__(self, log_probs: torch.Tensor) -> None:
        self._log_probs = log_probs

    def __getitem__(self, token: int) -> float:
        found = float(self._log_probs[token])
        if math.isnan(found):
            raise RequestFailedError("the model computed no valid probabilities (NaN)")
        return max(found, FLOOR)


class _RunningMean:
    """Of numbers that come one by one, the first of them a guess."""

    def __init__(self, guess: float) -> None:
        self._sum = guess
        self._count = 1

    def add(self, number: float) -> None:
        self._sum += number
        self._count += 1

    @property
    def value(self) -> float:
        return self._sum / self._count


def _penalties(passages: Sequence[Passage], same_group: float) -> FloatArray:
    """What each passage costs another, `(N, N)`: infinite where both say the same."""
    groups = np.array([passage.group for passage in passages])
    found = np.where(groups[:, None] == groups, np.float32(same_group), np.float32(0.0))
    keys = np.array([-1 - i if passage.key is None else passage.key for i, passage in enumerate(passages)])
    found[keys[:, None] == keys] = math.inf
    return found.astype(np.float32)


def _highest(gains: FloatArray, count: int) -> float:
    """The sum of the `count` highest that are possible."""
    possible = np.sort(gains[gains > -math.inf])[::-1]
    return float(possible[:count].sum())
