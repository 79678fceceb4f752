"""Who is admitted where memory, not slots, is what lacks."""

from __future__ import annotations

import pytest

from crosslate.models.engine.scheduler import Scheduler, SchedulerConfig
from crosslate.models.engine.sequence import Sequence
from tests.models.engine.test_scheduler import make_alignment, make_sequence, scheduled


def heavy(num_bytes: int, *, flow: int | None = None) -> Sequence:
    sequence = make_sequence(flow=flow)
    sequence.num_bytes = num_bytes
    return sequence


def make_scheduler(max_cache_bytes: int | None) -> Scheduler:
    return Scheduler(SchedulerConfig(max_cache_bytes=max_cache_bytes))


def test_admits_in_order_as_far_as_memory_goes_and_nobody_overtakes() -> None:
    scheduler = make_scheduler(100)
    first, large, small = heavy(60), heavy(50), heavy(10)
    for sequence in (first, large, small):
        scheduler.add(sequence)
    assert scheduled(scheduler) == ([first], [])
    assert scheduled(scheduler) == ([], [])
    scheduler.finish(first)
    assert scheduled(scheduler) == ([large, small], [])


def test_who_is_alone_gets_what_others_would_have_to_share() -> None:
    scheduler = make_scheduler(100)
    large, small = heavy(120), heavy(10)
    scheduler.add(large)
    scheduler.add(small)
    assert scheduled(scheduler) == ([large], [])
    assert scheduled(scheduler) == ([], [])
    scheduler.finish(large)
    assert scheduled(scheduler) == ([small], [])


def test_more_in_use_than_was_reckoned_with_keeps_others_waiting() -> None:
    scheduler = make_scheduler(100)
    running, waiting = heavy(10), heavy(20)
    scheduler.add(running)
    assert scheduler.schedule(0.0).to_encode == [[running]]
    scheduler.add(waiting)
    assert scheduler.schedule(0.0, num_used_bytes=90).to_encode == []
    assert scheduler.schedule(0.0, num_used_bytes=80).to_encode == [[waiting]]


def test_alignments_wait_for_memory_too() -> None:
    scheduler = make_scheduler(100)
    running, alignments = heavy(50), [make_alignment() for _ in range(3)]
    scheduler.add(running)
    for alignment in alignments:
        alignment.num_bytes = 40
        scheduler.add(alignment)
    assert scheduled(scheduler) == ([running], alignments[:1])
    scheduler.finish(running)
    scheduler.finish(alignments[0])
    assert scheduled(scheduler) == ([], alignments[1:])


def test_a_flow_that_runs_waits_while_the_first_of_another_passes() -> None:
    scheduler = make_scheduler(100)
    running, sibling, other = heavy(60, flow=1), heavy(60, flow=1), heavy(30, flow=2)
    for sequence in (running, sibling, other):
        scheduler.add(sequence)
    assert scheduled(scheduler) == ([running, other], [])


def test_nobody_counts_without_a_budget() -> None:
    scheduler = make_scheduler(None)
    sequences = [heavy(10**15) for _ in range(3)]
    for sequence in sequences:
        scheduler.add(sequence)
    assert scheduled(scheduler) == (sequences, [])
    with pytest.raises(ValueError, match="max_cache_bytes"):
        make_scheduler(0)
