"""Cross-attention by a teacher-forced pass over finished targets.

All target positions are attended from at once: of what was generated, while its source is still remembered.
What greedy rows have kept of it while they were decoded is not computed again.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from crosslate.models.engine.request import AlignmentRequest, FinishReason
from crosslate.models.engine.rows.kept_attention import kept_rows
from crosslate.models.engine.sequence import Sequence

if TYPE_CHECKING:
    from crosslate.models.engine.limits import RunnerLimits
    from crosslate.models.engine.rows.runner import ModelRunner


def attend_hypotheses(runner: ModelRunner, sequences: list[Sequence]) -> None:
    """Give every hypothesis of `sequences` the attention that its request selects, in one pass at most."""
    sequences = [sequence for sequence in sequences if not _has_kept(sequence, runner.limits)]
    if not sequences:
        return
    pairs = [(sequence, hypothesis) for sequence in sequences for hypothesis in sequence.hypotheses]
    maps = iter(
        runner.attend(
            [sequence for sequence, _ in pairs],
            [hypothesis.token_ids for _, hypothesis in pairs],
            [sequence.request.attention for sequence, _ in pairs if sequence.request.attention],
        )
    )
    for sequence in sequences:
        sequence.hypotheses = [
            dataclasses.replace(hypothesis, attention=next(maps)) for hypothesis in sequence.hypotheses
        ]


def _has_kept(sequence: Sequence, limits: RunnerLimits) -> bool:
    """Give a sequence what it has kept, where that is all that it asked for."""
    kept = kept_rows(sequence, limits)
    if kept is None:
        return False
    sequence.hypotheses = [dataclasses.replace(sequence.hypotheses[0], attention=kept)]
    return True


def attend_given(runner: ModelRunner, sequences: list[Sequence]) -> None:
    """Answer alignment requests, in one pass over their own sources."""
    requests = [sequence.request for sequence in sequences if isinstance(sequence.request, AlignmentRequest)]
    for sequence, attention in zip(sequences, runner.align(requests), strict=True):
        sequence.attention = attention
        sequence.finish_reason = FinishReason.STOP
