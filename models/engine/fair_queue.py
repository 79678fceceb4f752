"""In which order the waiting are served: every flow gets its share, however much it has sent.

Self-clocked fair queueing (Golestani 1994). A sequence is tagged with the virtual time at which it would be
done if all flows were served side by side, and the smallest tag is next. So one sentence does not wait for
the hundreds that someone else sent before it in one request, short ones go a little ahead of long ones that
came at the same time, and nothing starves: each admission moves the virtual time on, past any tag in the end.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, insort
from collections.abc import Iterator, Set

from models.engine.sequence import Sequence


class FairQueue:
    """Waiting sequences. `len` may be asked from any thread."""

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

    def __contains__(self, request_id: int) -> bool:
        return request_id in self._places

    def __iter__(self) -> Iterator[Sequence]:
        """In the order in which they are served."""
        return (sequence for _, _, sequence in self._order)

    @property
    def flows(self) -> Set[int]:
        """Those that have sequences here."""
        return self._tags.keys()

    def get(self, request_id: int) -> Sequence | None:
        """The sequence of a request; None if it does not wait."""
        place = self._places.get(request_id)
        return None if place is None else self._order[bisect_left(self._order, place)][2]

    def add(self, sequence: Sequence) -> None:
        """It takes its place behind the other sequences of its flow."""
        tags = self._tags.setdefault(sequence.flow, [])
        tag = max([self._virtual_time, *tags[-1:]]) + _work(sequence)
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


def _work(sequence: Sequence) -> int:
    """An estimate of what a sequence costs: outputs are about as long as their sources."""
    return sequence.num_source_tokens * max(1, sequence.num_lanes)
