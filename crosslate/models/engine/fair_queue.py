"""In which order the waiting are served: an engine is divided among shares, and each share among its flows.

Whoever has a share of his own (a key, say) gets as much of the engine as its weight is of the weights of all
that wait, however many requests he has sent; within it, `FlowQueue` treats his requests alike. That is
hierarchical start-time fair queueing (Goyal, Vin and Cheng 1996): a share begins at the virtual time at which
it comes to wait, each sequence that is admitted moves it on by its work divided by the weight, and the share
that is the least far is next. Unlike a finish tag, that needs no knowledge of which sequence will be next.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from crosslate.models.engine.flow_queue import FlowQueue, work_of
from crosslate.models.engine.sequence import Sequence


@dataclass(slots=True, eq=False)
class _Waiting:
    """What waits in one share."""

    queue: FlowQueue = field(default_factory=FlowQueue)
    start: float = 0.0
    """The virtual time at which its next sequence begins; where none waits, the least that this can be."""
    since: int = 0
    """When it came to wait: of two with the same start, the one that has waited longer is next."""


class FairQueue:
    """Waiting sequences. `len`, `in` and `flows` may be asked from any thread."""

    def __init__(self) -> None:
        self._virtual_time = 0.0
        self._comings = itertools.count()
        self._shares: dict[str | None, _Waiting] = {}
        """By owner. An empty one stays, for what it has had; there are as many as owners."""
        self._places: dict[int, _Waiting] = {}
        """By request id."""
        self._flows: dict[int, int] = {}
        """How many sequences each has here."""

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, request_id: int) -> bool:
        return request_id in self._places

    def __iter__(self) -> Iterator[Sequence]:
        """In the order in which they are served."""
        waiting = [share for share in self._shares.values() if len(share.queue)]
        if len(waiting) == 1:
            return iter(waiting[0].queue)
        return _merged(waiting)

    @property
    def flows(self) -> Set[int]:
        """Those that have sequences here."""
        return self._flows.keys()

    def get(self, request_id: int) -> Sequence | None:
        """The sequence of a request; None if it does not wait."""
        share = self._places.get(request_id)
        return None if share is None else share.queue.get(request_id)

    def add(self, sequence: Sequence) -> None:
        """It takes its place behind the other sequences of its flow."""
        owner = None if sequence.request.share is None else sequence.request.share.owner
        share = self._shares.setdefault(owner, _Waiting())
        if not len(share.queue):
            # No credit for the time without requests, and no end to what was had ahead of others.
            share.start = max(share.start, self._virtual_time)
            share.since = next(self._comings)
        share.queue.add(sequence)
        self._places[sequence.request_id] = share
        self._flows[sequence.flow] = self._flows.get(sequence.flow, 0) + 1

    def admit(self, sequence: Sequence) -> None:
        """It is served from now on: it leaves, and its share has had so much more."""
        share = self._places[sequence.request_id]
        self._virtual_time = max(self._virtual_time, share.start)
        share.start += _cost(sequence)
        share.queue.admit(sequence)
        self._forget(sequence)

    def remove(self, sequence: Sequence) -> None:
        """It leaves without being served."""
        self._places[sequence.request_id].queue.remove(sequence)
        self._forget(sequence)

    def _forget(self, sequence: Sequence) -> None:
        del self._places[sequence.request_id]
        left = self._flows[sequence.flow] - 1
        if left:
            self._flows[sequence.flow] = left
        else:
            del self._flows[sequence.flow]


def _merged(waiting: list[_Waiting]) -> Iterator[Sequence]:
    """The sequences of several shares, as they would be admitted if nobody came."""
    heap = [(share.start, share.since, iter(share.queue)) for share in waiting]
    heapq.heapify(heap)
    while heap:
        start, since, sequences = heap[0]
        sequence = next(sequences, None)
        if sequence is None:
            heapq.heappop(heap)
            continue
        yield sequence
        heapq.heapreplace(heap, (start + _cost(sequence), since, sequences))


def _cost(sequence: Sequence) -> float:
    """What its share pays for a sequence, in virtual time."""
    share = sequence.request.share
    return work_of(sequence) / (1.0 if share is None else share.weight)
