from __future__ import annotations

import asyncio

import pytest

from service.http.routes.common import concurrently


async def doubled(number: int) -> int:
    await asyncio.sleep(0.001 * (5 - number))
    return 2 * number


async def test_results_come_in_the_order_of_the_calls() -> None:
    assert await concurrently([doubled(number) for number in range(5)]) == [0, 2, 4, 6, 8]
    assert await concurrently([doubled(4)]) == [8]


async def test_a_failure_cancels_what_runs_and_what_has_not_begun() -> None:
    begun: list[int] = []
    cancelled: list[int] = []

    async def call(number: int) -> None:
        begun.append(number)
        if number == 2:
            raise ValueError("no")
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    with pytest.raises(ValueError, match="no"):
        await concurrently([call(number) for number in range(20)])
    assert len(begun) < 20
    assert sorted([*cancelled, 2]) == begun


async def test_others_have_their_turn_while_many_calls_begin() -> None:
    num_begun = 0
    seen: list[int] = []

    async def call() -> None:
        nonlocal num_begun
        num_begun += 1

    async def other() -> None:
        for _ in range(10):
            seen.append(num_begun)
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await concurrently([call() for _ in range(50)])
    await task
    assert max(seen) < 15
