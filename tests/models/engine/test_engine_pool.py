from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass

import numpy as np
import pytest

from crosslate.models.engine.async_engine import AsyncEngine
from crosslate.models.engine.engine_pool import EnginePool
from crosslate.models.engine.request import (
    AlignmentRequest,
    AttentionSelection,
    FinishReason,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
)
from crosslate.models.errors import EngineUnavailableError, RequestFailedError
from crosslate.service.pipeline.engines.served_model import EngineClient
from tests.models.engine.fakes import ENDLESS, FakeClock, FakeRunner, Gate, cross_attention, make_engine

LAYER = AttentionSelection(layer=0)


def request(source_ids: list[int], max_new_tokens: int | None = 4) -> GenerationRequest:
    return GenerationRequest(source_ids=source_ids, params=GenerationParams(max_new_tokens=max_new_tokens))


@dataclass
class Member:
    """One engine of the pool, and what a test does to it."""

    engine: AsyncEngine
    runner: FakeRunner
    clock: FakeClock

    async def crash(self) -> None:
        def broken(sequences: object) -> None:
            raise AssertionError("a defect of the runner")

        self.runner.leave = broken  # type: ignore[method-assign]
        with pytest.raises(RequestFailedError):
            await self.engine.generate(request([5]))
        self.engine.close()

    @property
    def num_served(self) -> int:
        return sum(self.engine.stats().num_finished.values())


@contextmanager
def pool_of(count: int, gate: Gate | None = None) -> Iterator[tuple[EnginePool, list[Member]]]:
    members = []
    for _ in range(count):
        runner, clock = FakeRunner(), FakeClock()
        if gate is not None:
            runner.before_decode = gate
        members.append(Member(AsyncEngine(make_engine(runner, clock=clock)), runner, clock))
    pool = EnginePool([member.engine for member in members])
    try:
        yield pool, members
    finally:
        pool.close()


def test_a_pool_needs_an_engine() -> None:
    with pytest.raises(ValueError, match="needs an engine"):
        EnginePool([])


async def test_it_answers_as_an_engine_does() -> None:
    with pool_of(2) as (pool, _):
        client: EngineClient = pool
        output = await client.generate(request([5, 6, 7], None))
        (alone,) = make_engine(FakeRunner()).generate([request([5, 6, 7], None)])
        assert output.token_ids == alone.token_ids
        async with aclosing(pool.stream(request([5, 6, 7], None))) as items:
            streamed = [item async for item in items]
        assert isinstance(streamed[-1], GenerationOutput)
        assert [
            token for item in streamed[:-1] if isinstance(item, list) for token in item
        ] == output.token_ids
        pair = AlignmentRequest(source_ids=[5, 6], target_ids=[7, 0], attention=LAYER)
        np.testing.assert_array_equal(await client.align(pair), cross_attention([5, 6], [7, 0], LAYER))


async def test_requests_go_to_the_engine_with_the_least_to_do() -> None:
    gate = Gate()
    with pool_of(3, gate) as (pool, members):
        tasks = [asyncio.create_task(pool.generate(request([ENDLESS]))) for _ in range(9)]
        await asyncio.sleep(0)
        assert [member.engine.load for member in members] == [3, 3, 3]
        gate.open()
        for _ in range(2):
            gate.open()
        await asyncio.gather(*tasks)
        stats = pool.stats()
        assert stats.num_finished[FinishReason.LENGTH] == 9
        assert (stats.num_running, stats.num_waiting, stats.max_slots) == (0, 0, 3 * 64)
        assert stats.num_generation_tokens == 9 * 4


async def test_a_crashed_engine_gets_no_requests_though_it_has_nothing_to_do(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pool_of(2) as (pool, (broken, sound)), caplog.at_level(logging.CRITICAL):
        await broken.crash()
        assert broken.engine.load == 0
        outputs = await asyncio.gather(*(pool.generate(request([5, n])) for n in range(3, 13)))
        assert len(outputs) == sound.num_served == 10
        assert not pool.is_healthy, "the process is to be replaced"
        assert pool.num_healthy == 1
        assert (pool.stats().num_engines, pool.stats().num_healthy) == (2, 1)
        assert pool.stats().num_finished[FinishReason.ERROR] == 1


async def test_an_engine_that_hangs_gets_no_requests() -> None:
    gate = Gate()
    with pool_of(2) as (pool, (hung, sound)):
        hung.runner.before_decode = gate
        task = asyncio.create_task(hung.engine.generate(request([ENDLESS])))
        await asyncio.to_thread(gate.wait_until_reached)
        held = asyncio.gather(*(sound.engine.generate(request([ENDLESS], 50)) for _ in range(5)))
        await asyncio.sleep(0)
        hung.clock.now += 1_000_000
        assert sound.engine.load > hung.engine.load
        await pool.generate(request([5]))
        assert sound.num_served > 0
        gate.open()
        await asyncio.gather(task, held)
        assert pool.is_healthy, "it was only slow"


async def test_with_no_engine_left_every_request_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with pool_of(2) as (pool, members), caplog.at_level(logging.CRITICAL):
        for member in members:
            await member.crash()
        assert (pool.is_healthy, pool.num_healthy) == (False, 0)
        with pytest.raises(EngineUnavailableError):
            await pool.generate(request([5]))
        with pytest.raises(EngineUnavailableError):
            await pool.align(AlignmentRequest(source_ids=[5], target_ids=[0], attention=LAYER))
        with pytest.raises(EngineUnavailableError):
            _ = [item async for item in pool.stream(request([5]))]
