"""What is answered within one step, by reading what is given: alignments, extracts, drafts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from crosslate.models.engine.request import FinishReason, Hypothesis
from crosslate.models.engine.second_pass import attend_given
from crosslate.models.engine.sequence import Sequence
from crosslate.models.errors import RequestFailedError

if TYPE_CHECKING:
    from crosslate.models.engine.rows.passage_reader import Reading
    from crosslate.models.engine.rows.runner import ModelRunner


@dataclass(frozen=True, slots=True)
class ReadingWork:
    """Sequences of one kind, and what ends them."""

    doing: str
    """In words, for an error."""
    sequences: list[Sequence]
    work: Callable[[list[Sequence]], None]


def readings_of(runner: ModelRunner, sequences: list[Sequence]) -> Iterator[ReadingWork]:
    """The work on sequences without lanes, by kind."""
    drafts = [sequence for sequence in sequences if sequence.drafts]
    extracts = [sequence for sequence in sequences if sequence.extracts is not None]
    others = [sequence for sequence in sequences if sequence.extracts is None and not sequence.drafts]
    yield ReadingWork("reading the source", extracts, runner.extract)
    yield ReadingWork("reading drafts", drafts, partial(read_drafts, runner))
    yield ReadingWork("aligning", others, partial(attend_given, runner))


def read_drafts(runner: ModelRunner, sequences: list[Sequence]) -> None:
    """End sequences with what the model makes of their drafts, the likeliest first.

    Raises:
        RequestFailedError: the probabilities are no numbers.
    """
    for sequence, readings in zip(sequences, runner.read(sequences), strict=True):
        drafts = zip(sequence.drafts, readings, strict=True)
        hypotheses = [_hypothesis(draft, reading, runner.limits.eos_token_ids) for draft, reading in drafts]
        sequence.end(sorted(hypotheses, key=lambda hypothesis: hypothesis.score, reverse=True))


def _hypothesis(draft: tuple[int, ...], reading: Reading, ends: tuple[int, ...]) -> Hypothesis:
    score = float(reading.log_probs.mean())
    if math.isnan(score):
        raise RequestFailedError("the model computed no valid probabilities (NaN)")
    return Hypothesis(
        token_ids=list(draft),
        score=score,
        finish_reason=FinishReason.STOP if draft[-1] in ends else FinishReason.LENGTH,
        preferred=reading.preferred,
    )
