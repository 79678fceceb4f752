"""Which candidate a model is to be read by."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from crosslate.service.calibration.candidates import Candidate, Reading, candidates_of
from crosslate.service.calibration.criteria import Counts, Score, count_alone, count_both, resampled

NUM_SAMPLES = 400
SURE = 0.95
"""Share of the samples in which another candidate must be better than today's to take its place."""
_GOOD = 0.5
_LEAST_GAIN = 0.005
"""A head that adds less to the score is left out."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate, with the best one of the other direction, if there is one."""

    candidate: Candidate
    back: Candidate | None
    agreement: float
    copies: float
    score: float


@dataclass(frozen=True, slots=True)
class Readings:
    """The same pairs as one model reads them, and as another does in the opposite direction.

    Of each model the numbers of layers and heads are those of its attention.
    """

    forward: Sequence[Reading]
    back: Sequence[Reading] | None

    def candidates(self) -> tuple[list[Candidate], list[Candidate]]:
        """All of either; of a missing direction none."""
        forward, *back = (
            candidates_of(*side[0].attention.shape[:2]) for side in (self.forward, self.back) if side
        )
        return forward, back[0] if back else []

    def count(
        self, candidates: Sequence[Candidate], candidates_back: Sequence[Candidate]
    ) -> Iterator[Counts]:
        """Pair by pair."""
        if self.back is None:
            return (count_alone(reading, candidates) for reading in self.forward)
        return (
            count_both(reading, candidates, other, candidates_back)
            for reading, other in zip(self.forward, self.back, strict=True)
        )

    def judge(self, candidates: Sequence[Candidate], candidates_back: Sequence[Candidate]) -> list[Judged]:
        """Each candidate beside the one of the other direction that suits it best."""
        score = self.score(candidates, candidates_back)
        partners = score.values.argmax(axis=1).tolist()
        return [
            Judged(
                candidate=candidate,
                back=candidates_back[partner] if candidates_back else None,
                agreement=float(score.agreement[i, partner]),
                copies=float(score.copies[i]),
                score=float(score.values[i, partner]),
            )
            for i, (candidate, partner) in enumerate(zip(candidates, partners, strict=True))
        ]

    def score(self, candidates: Sequence[Candidate], candidates_back: Sequence[Candidate]) -> Score:
        """Of all pairs."""
        return reduce(operator.add, self.count(candidates, candidates_back)).score


@dataclass(frozen=True, slots=True)
class EncoderChoice:
    """How well the encoder's states, compared, stand for the opposite direction.

    Attributes:
        place: of the best of the scales that were tried.
        agreement: of their links with those of the chosen attention.
        copies: that they link.
    """

    place: int
    agreement: float
    copies: float

    @property
    def is_good(self) -> bool:
        """Both for more than half: then most of its links are those that another direction would give."""
        return min(self.agreement, self.copies) > _GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was found."""

    chosen: Candidate
    best: Judged
    """Chosen, unless it is not surely better than today's."""
    today: Judged
    certainty: float
    """The share of samples of the pairs in which `best` is better than `today`."""
    judged: Sequence[Judged]
    """All single heads and means of layers, the best first."""
    num_copies: int


def choose(readings: Readings, today: Candidate) -> Choice:
    """The best candidate by agreement and copies, if it is surely better than today's; else that."""
    candidates, back = readings.candidates()
    judged = sorted(readings.judge(candidates, back), key=lambda each: each.score, reverse=True)
    best = _with_more_heads(readings, judged[0])
    (now,) = readings.judge([today], back)
    certainty = _certainty(readings, best, now)
    return Choice(
        chosen=best.candidate if certainty >= SURE else today,
        best=best,
        today=now,
        certainty=certainty,
        judged=judged,
        num_copies=sum(len(reading.anchors) for reading in readings.forward),
    )


def choose_scale(readings: Readings, chosen: Candidate, num_scales: int) -> EncoderChoice:
    """The scale by which the encoder, which has read for the opposite direction, agrees best with `chosen`.

    As if each scale were a layer.
    """
    scales = [Candidate(place, None, "output") for place in range(num_scales)]
    score = readings.score([chosen], scales)
    place = int(score.values[0].argmax())
    copies = score.copies if score.copies_back is None else score.copies_back
    return EncoderChoice(place, float(score.agreement[0, place]), float(copies[place]))


def _with_more_heads(readings: Readings, best: Judged) -> Judged:
    """The mean with other heads of its layer, for as long as one of them adds something."""
    num_heads = readings.forward[0].attention.shape[1]
    partner = [] if best.back is None else [best.back]
    while (heads := best.candidate.heads) is not None and len(heads) < num_heads:
        wider = [
            replace(best.candidate, heads=tuple(sorted((*heads, head))))
            for head in range(num_heads)
            if head not in heads
        ]
        found = max(readings.judge(wider, partner), key=lambda each: each.score)
        if found.score < best.score + _LEAST_GAIN:
            break
        best = found
    return best


def _certainty(readings: Readings, best: Judged, now: Judged) -> float:
    """The share of samples in which `best` is better than `now`, each beside its own partner."""
    if best.candidate == now.candidate:
        return 1.0
    partners = [judged.back for judged in (best, now) if judged.back is not None]
    counts = list(readings.count([best.candidate, now.candidate], partners))
    of_now = (1, 1) if partners else (1, 0)
    better = [score.values[0, 0] > score.values[of_now] for score in resampled(counts, NUM_SAMPLES)]
    return float(np.mean(better))
