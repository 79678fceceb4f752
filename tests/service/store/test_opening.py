"""A store that is opened once, by whoever needs it first."""

from __future__ import annotations

import asyncio
from collections import deque

import pytest

from crosslate.service.store.database import StoreError
from crosslate.service.store.opening import SharedOpening


class Opener:
    """Tells how often it was asked; each time it gives what the test has put there."""

    def __init__(self, *outcomes: str | Exception) -> None:
        self.outcomes = deque(outcomes)
        self.num_asked = 0
        self.may_end = asyncio.Event()

    async def __call__(self) -> str:
        self.num_asked += 1
        await self.may_end.wait()
        outcome = self.outcomes.popleft()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def test_all_who_ask_meanwhile_share_one_try_and_its_failure() -> None:
    opener = Opener(StoreError("away"), "store")
    opening = SharedOpening(opener)
    asking = [asyncio.create_task(opening.get()) for _ in range(5)]
    await asyncio.sleep(0)
    opener.may_end.set()
    found = await asyncio.gather(*asking, return_exceptions=True)
    assert [str(one) for one in found] == ["away"] * 5
    assert opener.num_asked == 1
    assert [await opening.get() for _ in range(3)] == ["store"] * 3
    assert opener.num_asked == 2


async def test_who_leaves_ends_nobody_elses_wait() -> None:
    opener = Opener("store")
    opening = SharedOpening(opener)
    leaves, stays = asyncio.create_task(opening.get()), asyncio.create_task(opening.get())
    await asyncio.sleep(0)
    leaves.cancel()
    await asyncio.gather(leaves, return_exceptions=True)
    opener.may_end.set()
    assert await stays == "store"
    assert await opening.taken() == "store"
    assert await opening.taken() is None


@pytest.mark.parametrize("outcome", ["store", StoreError("away")], ids=["opened", "failed"])
async def test_what_is_being_opened_is_waited_for_to_be_closed(outcome: str | Exception) -> None:
    opener = Opener(outcome)
    opening = SharedOpening(opener)
    asking = asyncio.create_task(opening.get())
    await asyncio.sleep(0)
    taking = asyncio.create_task(opening.taken())
    await asyncio.sleep(0)
    assert not taking.done()
    opener.may_end.set()
    assert await taking == (outcome if isinstance(outcome, str) else None)
    await asyncio.gather(asking, return_exceptions=True)


def test_what_was_opened_is_taken_in_another_loop() -> None:
    """That of the first may have ended by then."""

    async def open_it() -> str:
        return "store"

    opening = SharedOpening(open_it)
    assert asyncio.run(opening.get()) == "store"
    assert asyncio.run(opening.taken()) == "store"
