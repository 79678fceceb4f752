"""Beam search for extracts: whole passages of a source, in its order.

Every path of the search is an extract: what may follow a passage is another one behind it. A passage's own
probability does not hang on those before it, as each is read as if it began; so all are known at once, and
beams compete for passages, not for tokens. An extract is worth what its passages are, less what they lose
for what they share.

Shapes: N passages, S source tokens, M width.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.extraction import Extraction, Passage
from crosslate.models.engine.request import FinishReason, Hypothesis
from crosslate.models.engine.search.salience import centrality, cosines
from crosslate.models.errors import RequestFailedError

if TYPE_CHECKING:
    from torch import Tensor

FLOOR = -20.0
"""Nats: of a token that the model's rules forbid. A copy needs no leave of theirs."""


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
    chosen: tuple[int, ...] = ()
    num_tokens: int = 0


class ExtractSearch:
    """Looks for the extracts of one source that are worth most."""

    def __init__(
        self,
        extraction: Extraction,
        source_ids: Sequence[int],
        end_token: int,
        settings: ExtractSettings,
        noise: FloatArray | None = None,
    ) -> None:
        """`noise` `(N,)` is added to the passages' salience, for extracts that are drawn."""
        self._passages = extraction.passages
        self._weights = extraction.weights
        self._count = extraction.count
        self._source_ids = source_ids
        self._end_token = end_token
        self._settings = settings
        self._noise = noise
        self._lengths = np.array([passage.end - passage.start for passage in self._passages])

    @property
    def targets(self) -> list[list[int]]:
        """What the model is to read, for what it makes of each passage: its tokens without the lead."""
        return [list(self._source_ids[p.start + p.lead : p.end]) for p in self._passages]

    def best(self, states: Tensor, log_probs: Sequence[FloatArray]) -> list[Hypothesis]:
        """The best extracts, best first, one at least.

        Args:
            states: the encoder's, of the source, (S, M).
            log_probs: of the tokens of each of `targets`.

        Raises:
            RequestFailedError: they are no numbers.
        """
        if any(np.isnan(values).any() for values in log_probs):
            raise RequestFailedError("the model computed no valid probabilities (NaN)")
        readings = [
            _Reading(passage, np.maximum(values, FLOOR))
            for passage, values in zip(self._passages, log_probs, strict=True)
        ]
        penalties = _penalties(self._passages, self._weights.same_group)
        gains = np.array(
            [
                passage.prior + self._weights.probability * read.mean
                for passage, read in zip(self._passages, readings, strict=True)
            ],
            dtype=np.float32,
        )
        if self._noise is not None:
            gains += self._noise
        if self._weights.centrality or self._weights.redundancy:
            found = cosines(states, self._passages)
            gains += self._weights.centrality * centrality(found)
            penalties += self._weights.redundancy * np.maximum(found, 0.0)
        lanes = self._finished(gains, penalties)
        return [self._hypothesis(lane, readings) for lane in lanes[: self._settings.num_return_sequences]]

    def _finished(self, gains: FloatArray, penalties: FloatArray) -> list[Lane]:
        """Whole extracts, best first."""
        lanes = [Lane(gains=gains, future=_highest(gains, self._count), num_left=self._count)]
        finished: list[Lane] = []
        while lanes:
            grown: list[Lane] = []
            for lane in lanes:
                following = self._following(lane, penalties)
                grown += (self._grown(lane, index, penalties) for index in following)
                if not following:
                    finished.append(lane)
            finished.sort(key=lambda lane: -lane.worth)
            grown.sort(key=lambda lane: -(lane.worth + lane.future))
            lanes = [lane for lane in grown[: self._settings.num_beams] if self._can_win(lane, finished)]
        return finished

    def _can_win(self, lane: Lane, finished: Sequence[Lane]) -> bool:
        num_wanted = self._settings.num_return_sequences
        return len(finished) < num_wanted or lane.worth + lane.future > finished[num_wanted - 1].worth

    def _following(self, lane: Lane, penalties: FloatArray) -> list[int]:
        """The passages that may come next."""
        if not lane.num_left and lane.num_tokens >= self._settings.min_new_tokens:
            return []
        possible: list[int] = np.flatnonzero(lane.gains > -math.inf).tolist()
        room = self._settings.max_new_tokens - lane.num_tokens - 1
        fitting = [i for i in possible if self._lengths[i] <= room]
        if not fitting:
            # Better a passage that is cut than nothing.
            return [] if lane.chosen else possible
        return self._leaving_enough(lane, fitting, room, penalties)

    def _leaving_enough(
        self, lane: Lane, following: list[int], room: int, penalties: FloatArray
    ) -> list[int]:
        """Without those behind which too few others fit, if there is a choice."""
        behind = [self._num_fitting_behind(lane, index, room, penalties) for index in following]
        enough = min(lane.num_left - 1, max(behind))
        return [index for index, count in zip(following, behind, strict=True) if count >= enough]

    def _num_fitting_behind(self, lane: Lane, index: int, room: int, penalties: FloatArray) -> int:
        is_possible = np.isfinite(lane.gains[index + 1 :] - penalties[index, index + 1 :])
        lengths = np.sort(self._lengths[index + 1 :][is_possible])
        return int(np.count_nonzero(lengths.cumsum() <= room - self._lengths[index]))

    def _grown(self, lane: Lane, index: int, penalties: FloatArray) -> Lane:
        """With another passage."""
        num_left = max(lane.num_left - 1, 0)
        gains = lane.gains - penalties[index]
        gains[: index + 1] = -math.inf
        return replace(
            lane,
            gains=gains,
            future=_highest(gains, num_left),
            num_left=num_left,
            worth=lane.worth + float(lane.gains[index]),
            chosen=(*lane.chosen, index),
            num_tokens=lane.num_tokens + int(self._lengths[index]),
        )

    def _hypothesis(self, lane: Lane, readings: Sequence[_Reading]) -> Hypothesis:
        """Its tokens, and the mean log-probability of those that the model has read."""
        places = list(chain.from_iterable(self._places(lane.chosen, readings)))
        token_ids = [self._source_ids[place] for place in places]
        is_cut = len(places) >= self._settings.max_new_tokens
        if is_cut:
            places, token_ids = (kept[: self._settings.max_new_tokens] for kept in (places, token_ids))
        values = np.concatenate([readings[i].kept for i in lane.chosen])
        return Hypothesis(
            token_ids=token_ids if is_cut else [*token_ids, self._end_token],
            score=float(values.mean()),
            finish_reason=FinishReason.LENGTH if is_cut else FinishReason.STOP,
            copied_from=tuple(places),
        )

    def _places(self, chosen: Sequence[int], readings: Sequence[_Reading]) -> Iterator[list[int]]:
        """Of each passage's tokens: with its lead where the passage before is there, too."""
        before: int | None = None
        for index in chosen:
            passage = self._passages[index]
            lead = range(passage.start, passage.start + passage.lead) if before == index - 1 else ()
            yield [*lead, *readings[index].places]
            before = index


class _Reading:
    """What the model makes of a passage: which of its tokens stay, and their log-probabilities.

    What may be left out is where the model finds it less likely than the rest, token by token.
    """

    def __init__(self, passage: Passage, log_probs: FloatArray) -> None:
        first = passage.start + passage.lead
        is_kept = np.ones(len(log_probs), dtype=np.bool_)
        for start, end in passage.optional + passage.omitted:
            is_kept[start - first : end - first] = False
        rest = log_probs[is_kept].mean()
        for start, end in passage.optional:
            own = slice(start - first, end - first)
            is_kept[own] = log_probs[own].mean() >= rest
        self.places: list[int] = (first + np.flatnonzero(is_kept)).tolist()
        self.kept = log_probs[is_kept]
        self.mean = float(self.kept.mean())


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
