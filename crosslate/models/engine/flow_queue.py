"""In which order those who wait in one share are served: every flow gets as much, however much it has sent.

Self-clocked fair queueing (Golestani 1994). A sequence is tagged with the virtual time at which it would be
done if all flows were served side by side, and the smallest tag is next. So one sentence does not wait for
the hundreds that someone else sent before it in one request, short ones go a little ahead of long ones that
came at the same time, and nothing starves: each admission moves the virtual time on, past any tag in the end.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, insort
from collections.abc import Iterator

from crosslate.models.engine.sequence import Sequence


class FlowQueue:
    """Waiting sequences of one share."""

    def __init__(self) -> None:
        self._virtual_time = 0
        self._arrivals = itertools.count()
        # A sorted list: with a thousand waiting, moving its end costs less than a microsecond.
        self._order: list[tuple[int, int, Sequence]] = []
        self._places: dict[int, tuple[int, int]] = {}
        """Tag and arrival by request id."""
        self._tags: dict[int, list[int]] = {}
        """In increasing order, of the flows that have sequences here."""

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[Sequence]:
        """In the order in which they are served."""
        return (sequence for _, _, sequence in self._order)

    def get(self, request_id: int) -> Sequence:
        """The sequence of a request that waits here."""
        return self._order[bisect_left(self._order, self._places[request_id])][2]

    def add(self, sequence: Sequence) -> None:
        """It takes its place behind the other sequences of its flow."""
        tags = self._tags.setdefault(sequence.flow, [])
        tag = max([self._virtual_time, *tags[-1:]]) + work_of(sequence)
        tags.append(tag)
        place = tag, next(self._arrivals)
        insort(self._order, (*place, sequence))
        self._places[sequence.request_id] = place

    def admit(self, sequence: Sequence) -> None:
        """It is served from now on: it leaves, and virtual time is that of its tag."""
        self._virtual_time = max(self._virtual_time, self._places[sequence.request_id][0])
        self.remove(sequence)

    def remove(self, sequence: Sequence) -> None:
        """It leaves without being served."""
        place = self._places.pop(sequence.request_id)
        del self._order[bisect_left(self._order, place)]
        tags = self._tags[sequence.flow]
        tags.remove(place[0])
        if not tags:
            del self._tags[sequence.flow]


def work_of(sequence: Sequence) -> int:
    """An estimate of what a sequence costs: outputs are about as long as their sources."""
    return sequence.num_source_tokens * max(1, sequence.num_lanes)
