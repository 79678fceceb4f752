"""The seam between the engine and the decoding methods: raw logits in, next tokens out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from crosslate.models.engine.limits import RunnerLimits
from crosslate.models.engine.request import GenerationParams, Hypothesis, SentenceStop

if TYPE_CHECKING:
    from crosslate.models.engine.scores.logits import LaneScores


@dataclass(frozen=True, slots=True)
class LaneChoice:
    """What one sequence does next, lane by lane."""

    tokens: list[int]
    """The next decoder input of each lane; length W."""
    parents: list[int] | None
    """The lane that each lane continues (beams); None: every lane continues itself."""
    finished: list[Hypothesis] | None
    """Not None: the sequence is over, with these hypotheses, best first."""


class TokenChooser(Protocol):
    """A decoding method at work on one sequence; it keeps the sequence's history itself."""

    def choose(self, scores: LaneScores) -> LaneChoice:
        """Choose from the scores of the sequence's W lanes."""
        ...


MakeChooser = Callable[
    [GenerationParams, list[int], "RunnerLimits", SentenceStop | None], TokenChooser | None
]
"""(resolved parameters, source ids, limits, where else to end) -> chooser, or None for plain greedy search.

Raises:
    InvalidParamsError: the parameters contradict each other.
"""
