"""Which of those who wait join those who run, as far as slots go.

Where a batch is wide enough (see `batch_costs`), those who wait do so outside: of many who run side by side
each is done late, of few who run one after the other most are done early. It grows beyond that only where
more flows wait than sequences run, or where all are of one flow; and never so far that no other could join,
for the first sequence of a flow joins at once. Where it has grown and one leaves, the next waits until there
is room for some more: to join costs something once, whoever joins, and a wide batch does not miss one.

A sequence of several lanes (a beam search) waits at the head of the queue until so many slots are free, and
nobody overtakes it: else the narrow would keep it waiting for ever. Where its flow runs already, it leaves
some slots to others, and while it waits the first sequences of other flows pass it: else one flow of wide
sequences would take every slot, and whoever comes would wait until a whole beam search has ended.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Set

from crosslate.models.engine.fair_queue import FairQueue
from crosslate.models.engine.memory_room import MemoryRoom
from crosslate.models.engine.sequence import Sequence

_SHARE_LEFT = 8
"""One slot of so many. The usual 4 to 6 beams of someone else then fit into 64 slots at once."""

_JOINING_TOGETHER = 2
"""Into a batch that has grown, a part of the target's number at least: so many times fewer."""


def num_spare_slots(max_slots: int) -> int:
    """Left free by a sequence of several lanes that is not the first of its flow."""
    return max_slots // _SHARE_LEFT


def who_joins(
    waiting: FairQueue,
    running: Collection[Sequence],
    room: MemoryRoom,
    *,
    num_free: int,
    max_slots: int,
    target: int,
) -> Iterator[Sequence]:
    """One after the other, as long as the caller takes them and there is `room`.

    `num_free` of the slots are free; more than `target` run only where many wait.
    """
    if not waiting:
        return
    flows = {sequence.flow for sequence in running}
    num_running = len(running)
    most = max(target, min((num_running + _num_claims(waiting, flows)) // 2, max_slots - target))
    if num_running >= target and most - num_running < target // _JOINING_TOGETHER:
        most = num_running
    num_spare = num_spare_slots(max_slots)
    num_new = len(waiting.flows - flows)
    is_held = False
    for sequence in waiting:
        if sequence.flow not in flows and (num_running < most or len(flows) < target):
            if sequence.num_lanes > num_free or not room.has(sequence):
                return
            num_new -= 1
            flows.add(sequence.flow)
        elif (
            is_held
            or num_running >= most
            or not room.has(sequence)
            or sequence.num_lanes + (num_spare if sequence.num_lanes > 1 else 0) > num_free
        ):
            # Nobody whose flow runs already is to overtake it.
            is_held = True
            is_full = num_free == 0 or (num_running >= most and len(flows) >= target)
            if is_full or num_new == 0:
                return
            continue
        yield sequence
        num_running += 1
        num_free -= sequence.num_lanes


def _num_claims(waiting: FairQueue, running_flows: Set[int]) -> int:
    """How many want to run beside those that do: a flow counts once, unless it is alone."""
    is_alone = len(waiting.flows) == 1 and running_flows <= waiting.flows
    return len(waiting) if is_alone else len(waiting.flows)
