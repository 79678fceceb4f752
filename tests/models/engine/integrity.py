"""Whether what a scheduler keeps of its sequences agrees."""

from __future__ import annotations

from crosslate.models.engine.scheduler import Scheduler
from crosslate.models.engine.sequence import SequenceStatus


def check_integrity(scheduler: Scheduler) -> None:
    """Fail if its invariants do not hold: of its own books, which nobody else may see."""
    running = list(scheduler._running.values())
    num_used = sum(sequence.num_lanes for sequence in running)
    assert 0 <= scheduler.num_free_slots == scheduler.config.max_slots - num_used
    assert scheduler._num_bytes == sum(sequence.num_bytes for sequence in running)
    assert all(sequence.status is SequenceStatus.RUNNING for sequence in running)
    waiting = [*scheduler._waiting, *scheduler._aligning]
    assert all(sequence.status is SequenceStatus.WAITING for sequence in waiting)
