"""Which sequences run in a step: plain data, without torch.

Three budgets admit work: slots (a lane each, for as long as the sequence runs), the memory of what runs, and
encoder tokens per step, so that one long article does not stall a hundred sentences. What is admitted is a
prefix of the queue, which is a fair one (see `fair_queue`), so nothing starves; how long it is when memory
and encoder tokens are there, `joining` says. Only within a step are the admitted sources sorted by length
and encoded in batches with little padding.

Alignments take no slot, so they wait in a queue of their own, for encoder tokens alone. Where both wait, the
two queues are first by turns.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from crosslate.models.engine.encoder_batches import batch_by_length, num_padded_tokens
from crosslate.models.engine.fair_queue import FairQueue
from crosslate.models.engine.joining import who_joins
from crosslate.models.engine.memory_room import MemoryRoom
from crosslate.models.engine.sequence import Sequence, SequenceStatus
from crosslate.models.engine.stats import CompletionRate
from crosslate.models.errors import InvalidParamsError, QueueFullError


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerConfig:
    """The budgets."""

    max_slots: int = 64
    """Lanes that decode at once: one per sequence, or its number of beams."""
    target_batch: int | None = None
    """Sequences, or flows, that decode at once while no more flows wait; None: as many as there are slots."""
    max_encoder_tokens_per_step: int = 4096
    """Padding included. A single source that is longer is admitted alone."""
    max_waiting: int = 1024
    """Flows that may wait beyond those for which slots are free."""
    max_cache_bytes: int | None = None
    """Memory of what runs; None: as much as it takes."""
    max_padding_per_batch: int = 16
    """Padding tokens worth paying to save one more encoder batch; large where launches dominate (GPU)."""

    def __post_init__(self) -> None:
        if self.max_slots < 1 or self.max_encoder_tokens_per_step < 1:
            raise ValueError("max_slots and max_encoder_tokens_per_step must be 1 or more")
        if self.max_cache_bytes is not None and self.max_cache_bytes < 1:
            raise ValueError("max_cache_bytes must be 1 or more")
        if self.target_batch is not None and self.target_batch < 1:
            raise ValueError("target_batch must be 1 or more")
        if self.max_waiting < 0 or self.max_padding_per_batch < 0:
            raise ValueError("max_waiting and max_padding_per_batch must not be negative")


@dataclass(frozen=True, slots=True)
class SchedulerOutput:
    """What changes in this step; everything else that runs goes on running."""

    to_encode: list[list[Sequence]]
    """Newly admitted, in batches of like length."""
    to_align: list[list[Sequence]]
    """So are these, which take no slot: they are to be finished within this step."""
    expired: list[Sequence]
    """Past their deadline, waiting or running; their slots are free already."""


@dataclass(slots=True)
class _Deadlines:
    """A heap of deadlines. Entries of sequences that ended in time are dropped when they come up."""

    entries: list[tuple[float, int]] = field(default_factory=list)

    def add(self, sequence: Sequence) -> None:
        if sequence.deadline_s is not None:
            heapq.heappush(self.entries, (sequence.deadline_s, sequence.request_id))

    def pop_passed(self, now: float) -> Iterable[int]:
        while self.entries and self.entries[0][0] <= now:
            yield heapq.heappop(self.entries)[1]


class Scheduler:
    """Queue, slots and deadlines. Invariant: `num_free_slots` + lanes of the running == `max_slots`."""

    def __init__(self, config: SchedulerConfig) -> None:
        self.config = config
        self.num_free_slots = config.max_slots
        self.completion_rate = CompletionRate()
        self._waiting = FairQueue()
        self._aligning = FairQueue()
        self._aligns_first = False
        self._num_bytes = 0
        """of what runs, as it was reckoned with"""
        self._running: dict[int, Sequence] = {}
        self._deadlines = _Deadlines()

    @property
    def num_waiting(self) -> int:
        """Sequences in the queues."""
        return len(self._waiting) + len(self._aligning)

    @property
    def num_running(self) -> int:
        """Sequences that hold slots."""
        return len(self._running)

    def __contains__(self, request_id: int) -> bool:
        return self._find(request_id) is not None

    def _find(self, request_id: int) -> Sequence | None:
        for group in (self._waiting, self._aligning, self._running):
            if (sequence := group.get(request_id)) is not None:
                return sequence
        return None

    def _queue(self, sequence: Sequence) -> FairQueue:
        return self._waiting if sequence.num_lanes else self._aligning

    def check_lanes(self, num_lanes: int) -> None:
        """Refuse what could never be admitted. May be called from any thread.

        Raises:
            InvalidParamsError: it needs more slots than there are.
        """
        if num_lanes > self.config.max_slots:
            raise InvalidParamsError(
                f"the request needs {num_lanes} beams or samples at once, this engine decodes at most "
                f"{self.config.max_slots}: ask for fewer"
            )

    def is_waiting(self, flow: int) -> bool:
        """Whether a flow has sequences in a queue. May be called from any thread."""
        return flow in self._waiting.flows or flow in self._aligning.flows

    def check_room(self, num_lanes: int, num_ahead: int = 0) -> None:
        """Refuse another flow where the queue is full, with `num_ahead` others about to enter it first.

        A flow has one place in it, however many sequences it has there. Free slots count as places too, so
        the answer does not depend on whether the next step has begun. May be called from any thread.

        Raises:
            QueueFullError: too many wait already.
        """
        # The queue is read before the slots, and `_admit` writes them the other way round: another thread
        # may see the queue too long for a moment, never too short.
        num_waiting = len(self._waiting.flows) + len(self._aligning.flows) + num_ahead
        if num_waiting >= self.config.max_waiting + self.num_free_slots // max(1, num_lanes):
            raise QueueFullError(
                num_waiting, self.completion_rate.retry_after_s(self.num_waiting + num_ahead)
            )

    def add(self, sequence: Sequence) -> None:
        """Check a sequence and queue it.

        Raises:
            InvalidParamsError, QueueFullError: see `check_lanes` and `check_room`.
        """
        self.check_lanes(sequence.num_lanes)
        if not sequence.request.is_admitted:
            self.check_room(sequence.num_lanes)
        self.enqueue(sequence)

    def enqueue(self, sequence: Sequence) -> None:
        """Queue a sequence that was checked before, however long the queue is."""
        if sequence.request_id in self:
            raise ValueError(f"request {sequence.request_id} is being served already")
        self._queue(sequence).add(sequence)
        self._deadlines.add(sequence)

    def abort(self, request_id: int) -> Sequence | None:
        """Take a sequence out, wherever it stands; None if it is not here (any more)."""
        sequence = self._find(request_id)
        if sequence is not None:
            self.finish(sequence)
        return sequence

    def finish(self, sequence: Sequence) -> None:
        """A sequence is over: free its slots, or its place in the queue. Does nothing a second time."""
        if sequence.status is SequenceStatus.RUNNING:
            del self._running[sequence.request_id]
            self.num_free_slots += sequence.num_lanes
            self._num_bytes -= sequence.num_bytes
        elif sequence.status is SequenceStatus.WAITING:
            self._queue(sequence).remove(sequence)
        sequence.status = SequenceStatus.FINISHED

    def schedule(self, now: float, num_used_bytes: int = 0) -> SchedulerOutput:
        """Expire what is late, then admit from the heads of the queues as far as the budgets go.

        `num_used_bytes` is the memory that is taken, should that be more than what was reckoned with.
        """
        expired = self._expire(now)
        if not (self._waiting or self._aligning):
            self._aligns_first = False
            return SchedulerOutput([], [], expired)
        room = MemoryRoom(
            self.config.max_cache_bytes, max(num_used_bytes, self._num_bytes), is_used=bool(self._running)
        )
        budget = self.config.max_encoder_tokens_per_step
        joining = who_joins(
            self._waiting,
            self._running.values(),
            room,
            num_free=self.num_free_slots,
            max_slots=self.config.max_slots,
            target=self.config.target_batch or self.config.max_slots,
        )
        wanted = [joining, iter(self._aligning)]
        chosen: list[list[list[Sequence]]] = [[], []]
        for kind in (1, 0) if self._aligns_first else (0, 1):
            chosen[kind] = self._choose_batches(wanted[kind], budget, room)
            budget -= sum(map(num_padded_tokens, chosen[kind]))
        self._aligns_first = bool(chosen[0] and self._aligning)
        for batch in chosen[0] + chosen[1]:
            for sequence in batch:
                self._admit(sequence, now)
        return SchedulerOutput(to_encode=chosen[0], to_align=chosen[1], expired=expired)

    def _expire(self, now: float) -> list[Sequence]:
        expired = []
        for request_id in self._deadlines.pop_passed(now):
            sequence = self._find(request_id)
            # An id may have come back with a later deadline after its first sequence ended.
            if sequence is not None and sequence.is_late(now):
                self.finish(sequence)
                expired.append(sequence)
        return expired

    def _choose_batches(
        self, wanted: Iterator[Sequence], budget: int, room: MemoryRoom
    ) -> list[list[Sequence]]:
        """Of those wanted what the rest of a step's budget and of memory takes, in batches of like length.

        While nothing of it is used, a sequence is taken that exceeds it alone.
        """
        least = 1 if budget == self.config.max_encoder_tokens_per_step else 0
        chosen: list[Sequence] = []
        num_tokens = 0
        for sequence in wanted:
            num_tokens += sequence.num_source_tokens
            if (num_tokens > budget and len(chosen) >= least) or not room.has(sequence):
                break
            room.take(sequence)
            chosen.append(sequence)
        batches = batch_by_length(chosen, self.config.max_padding_per_batch)
        while len(chosen) > least and sum(map(num_padded_tokens, batches)) > budget:
            chosen.pop()
            batches = batch_by_length(chosen, self.config.max_padding_per_batch)
        return batches

    def _admit(self, sequence: Sequence, now: float) -> None:
        self.num_free_slots -= sequence.num_lanes
        self._num_bytes += sequence.num_bytes
        self._queue(sequence).admit(sequence)
        self._running[sequence.request_id] = sequence
        sequence.status = SequenceStatus.RUNNING
        sequence.admitted_s = now
