from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from crosslate.service.auth.meter import UsageMeter
from crosslate.service.store.periods import Period, minute_of, month_of
from crosslate.service.store.usage import Amount, Counter, UsageBatch, UsageStore
from tests.service.auth.accounts import Clock, SharedCounts

CLOCK = Clock()
MONTH = Counter("a", month_of(CLOCK()))


def make_meter(shared: SharedCounts, failures: list[Exception] | None = None) -> UsageMeter:
    return UsageMeter(shared.exchange, Clock(), ([] if failures is None else failures).append)


async def test_what_was_counted_is_written_once() -> None:
    shared = SharedCounts()
    meter = make_meter(shared)
    meter.add(MONTH, Amount(1, 5))
    meter.add(MONTH, Amount(1, 6))
    assert meter.used(MONTH) == Amount(2, 11)
    assert await meter.flush()
    assert await meter.flush()
    assert shared.counts == {MONTH: Amount(2, 11)}
    assert meter.used(MONTH) == Amount(2, 11)


async def test_what_is_counted_while_a_batch_is_written_goes_into_the_next() -> None:
    shared = SharedCounts()
    meter = make_meter(shared)
    meter.add(MONTH, Amount(1, 5))
    flushing = asyncio.create_task(meter.flush())
    await asyncio.sleep(0)
    meter.add(MONTH, Amount(1, 7))
    assert meter.used(MONTH) == Amount(2, 12)
    await flushing
    assert meter.used(MONTH) == Amount(2, 12)
    await meter.flush()
    assert [batch[MONTH].characters for batch in shared.batches] == [5, 7]


async def test_a_batch_that_could_not_be_written_is_in_the_next_one() -> None:
    shared, failures = SharedCounts(failure=OSError("down")), list[Exception]()
    meter = make_meter(shared, failures)
    meter.add(MONTH, Amount(1, 5))
    assert not await meter.flush()
    assert meter.used(MONTH) == Amount(1, 5)
    assert failures == [shared.failure]
    meter.add(MONTH, Amount(1, 6))
    shared.failure = None
    assert await meter.flush()
    assert shared.counts == {MONTH: Amount(2, 11)}


async def test_a_batch_whose_answer_was_lost_is_not_counted_again(
    store_url: str, opened: Callable[[str], Engine]
) -> None:
    """The connection ends after the commit, say: nobody knows whether it was one."""
    store, is_cut = UsageStore(opened(store_url)), True

    def exchange(batch: UsageBatch, wanted: tuple[Period, ...]) -> dict[Counter, Amount]:
        counted = store.exchange(batch, wanted)
        if is_cut:
            raise OSError("cut off")
        return counted

    failures = list[Exception]()
    meter = UsageMeter(exchange, Clock(), failures.append)
    meter.add(MONTH, Amount(1, 5))
    assert not await meter.flush()
    meter.add(MONTH, Amount(1, 6))
    assert not await meter.flush()
    assert meter.used(MONTH) == Amount(2, 11)
    is_cut = False
    assert await meter.flush()
    assert meter.used(MONTH) == Amount(2, 11)
    assert store.read(MONTH.period) == {MONTH: Amount(2, 11)}
    assert len(failures) == 2


async def test_minutes_that_are_over_do_not_pile_up_while_the_store_is_away() -> None:
    shared = SharedCounts(failure=OSError("down"))
    meter = make_meter(shared)
    old = Counter("a", Period("minute", "2026-11-27T07:03"))
    present = Counter("a", minute_of(CLOCK()))
    for counter in (old, present, MONTH):
        meter.add(counter, Amount(1, 5))
    await meter.flush()
    meter.add(old, Amount(1, 5))
    await meter.flush()
    shared.failure = None
    await meter.flush()
    assert set(shared.counts) == {present, MONTH}


async def test_closing_writes_the_last_batch() -> None:
    shared = SharedCounts()
    meter = make_meter(shared)
    running = asyncio.create_task(meter.run())
    meter.add(MONTH, Amount(1, 5))
    meter.close()
    await running
    assert shared.counts == {MONTH: Amount(1, 5)}


@pytest.mark.parametrize("num_replicas", [3])
async def test_many_replicas_count_exactly_in_a_real_database(
    store_url: str, opened: Callable[[str], Engine], num_replicas: int
) -> None:
    meters = [
        UsageMeter(UsageStore(opened(store_url)).exchange, Clock(), lambda error: pytest.fail(str(error)))
        for _ in range(num_replicas)
    ]

    async def replica(meter: UsageMeter) -> None:
        for number in range(60):
            meter.add(MONTH, Amount(1, number))
            if number % 7 == 0:
                await meter.flush()
        await meter.flush()

    await asyncio.gather(*map(replica, meters))
    assert UsageStore(opened(store_url)).read(MONTH.period) == {
        MONTH: Amount(60 * num_replicas, sum(range(60)) * num_replicas)
    }
