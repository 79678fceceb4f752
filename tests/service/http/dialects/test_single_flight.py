from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from crosslate.service.http.dialects.single_flight import SingleFlight


class Work:
    """Counts how often it is begun and cancelled; ends when `release` is set."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.release = asyncio.Event()
        self.num_begun = 0
        self.num_cancelled = 0
        self._failure = failure

    async def __call__(self) -> int:
        self.num_begun += 1
        try:
            await self.release.wait()
        except asyncio.CancelledError:
            self.num_cancelled += 1
            raise
        if self._failure is not None:
            raise self._failure
        return self.num_begun


async def begun(coroutine: Coroutine[Any, Any, int]) -> asyncio.Task[int]:
    task = asyncio.create_task(coroutine)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return task


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


async def test_the_same_request_joins_the_one_under_way() -> None:
    flights, work = SingleFlight[int](linger_s=60), Work()
    tasks = [await begun(flights.join("a", work)) for _ in range(3)]
    other = await begun(flights.join("b", work))
    work.release.set()
    assert await asyncio.gather(*tasks) == [2, 2, 2]
    assert await other == 2
    assert work.num_begun == 2
    assert flights.num_flights == 0


async def test_what_has_been_answered_is_done_anew() -> None:
    flights, work = SingleFlight[int](linger_s=60), Work()
    work.release.set()
    assert [await flights.join("a", work) for _ in range(2)] == [1, 2]


async def test_one_that_leaves_takes_nothing_from_the_others() -> None:
    flights, work = SingleFlight[int](linger_s=0), Work()
    first, second = [await begun(flights.join("a", work)) for _ in range(2)]
    first.cancel()
    await asyncio.wait({first})
    await asyncio.sleep(0.01)
    work.release.set()
    assert await second == 1
    assert work.num_cancelled == 0


async def test_work_that_nobody_waits_for_is_cancelled() -> None:
    flights, work = SingleFlight[int](linger_s=0), Work()
    task = await begun(flights.join("a", work))
    task.cancel()
    await until(lambda: work.num_cancelled == 1)
    assert flights.num_flights == 0


@pytest.mark.parametrize("is_done_meanwhile", [False, True])
async def test_a_client_that_gave_up_and_comes_again_finds_its_work(is_done_meanwhile: bool) -> None:
    flights, work = SingleFlight[int](linger_s=60), Work()
    task = await begun(flights.join("a", work))
    task.cancel()
    await asyncio.wait({task})
    if is_done_meanwhile:
        work.release.set()
        await asyncio.sleep(0.01)
    again = await begun(flights.join("a", work))
    work.release.set()
    assert await again == 1
    assert flights.num_flights == 0


async def test_all_get_the_failure() -> None:
    flights, work = SingleFlight[int](linger_s=0), Work(ValueError("x"))
    tasks = [await begun(flights.join("a", work)) for _ in range(2)]
    work.release.set()
    for task in tasks:
        with pytest.raises(ValueError, match="x"):
            await task


async def test_a_failure_that_nobody_waits_for_is_no_complaint() -> None:
    flights, work = SingleFlight[int](linger_s=0.01), Work(ValueError("x"))
    task = await begun(flights.join("a", work))
    task.cancel()
    work.release.set()
    await until(lambda: flights.num_flights == 0)
