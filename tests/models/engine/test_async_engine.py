from __future__ import annotations

import asyncio
import dataclasses
import logging
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager

import numpy as np
import pytest

from crosslate.models.engine.async_engine import AsyncEngine
from crosslate.models.engine.request import (
    AlignmentRequest,
    AttentionSelection,
    FinishReason,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
)
from crosslate.models.engine.scheduler import SchedulerConfig
from crosslate.models.errors import (
    DeadlineExceededError,
    DrainingError,
    EngineError,
    EngineUnavailableError,
    InvalidParamsError,
    QueueFullError,
    RequestFailedError,
    RequestTooLongError,
)
from crosslate.service.pipeline.engines.served_model import EngineClient
from tests.models.engine.fakes import (
    ENDLESS,
    LIMITS,
    FakeClock,
    FakeRunner,
    Gate,
    cross_attention,
    make_engine,
)

ONE_SLOT = SchedulerConfig(max_slots=1, max_waiting=4)


def request(source_ids: list[int], max_new_tokens: int | None = None) -> GenerationRequest:
    return GenerationRequest(source_ids=source_ids, params=GenerationParams(max_new_tokens=max_new_tokens))


@contextmanager
def serving(
    runner: FakeRunner | None = None,
    *,
    config: SchedulerConfig | None = None,
    clock: Callable[[], float] | None = None,
) -> Iterator[AsyncEngine]:
    engine = AsyncEngine(make_engine(runner or FakeRunner(), config=config, clock=clock))
    try:
        yield engine
    finally:
        engine.close()


async def until(reached: Callable[[], None]) -> None:
    await asyncio.to_thread(reached)


async def assert_serves(engine: AsyncEngine) -> None:
    assert (await engine.generate(request([ENDLESS], 3))).finish_reason == "length"


async def test_many_concurrent_requests_get_what_they_would_get_alone() -> None:
    asked = [request([3 + n % 20, 5 + n % 7], 1 + n % 9) for n in range(200)]
    alone = make_engine(FakeRunner()).generate(asked)
    with serving() as engine:
        outputs = await asyncio.gather(*map(engine.generate, asked))
        assert [output.token_ids for output in outputs] == [output.token_ids for output in alone]
        assert [output.request_id for output in outputs] == [asking.request_id for asking in asked]
        assert engine.stats().num_used_slots == 0


async def test_requests_of_other_processes_may_have_the_same_ids() -> None:
    same = [GenerationRequest(source_ids=[n, 9], request_id=0) for n in range(3, 9)]
    with serving() as engine:
        outputs = await asyncio.gather(*map(engine.generate, same))
    alone = [make_engine(FakeRunner()).generate([asking])[0] for asking in same]
    assert [(o.request_id, o.token_ids) for o in outputs] == [(0, o.token_ids) for o in alone]


async def test_is_the_engine_client_of_the_pipeline() -> None:
    with serving() as engine:
        client: EngineClient = engine
        assert (await client.generate(request([5, 6]))).num_source_tokens == 2


async def test_stream_ends_with_the_output_that_its_tokens_make_up() -> None:
    with serving() as engine:
        events = [event async for event in engine.stream(request([ENDLESS], 6))]
    output = events.pop()
    assert isinstance(output, GenerationOutput)
    assert [token for event in events if isinstance(event, list) for token in event] == output.token_ids
    assert len(events) == 6


async def test_beam_search_streams_its_output_only() -> None:
    beams = GenerationRequest(source_ids=[5, 6], params=GenerationParams(num_beams=3, max_new_tokens=5))
    with serving() as engine:
        events = [event async for event in engine.stream(beams)]
    assert len(events) == 1
    assert isinstance(events[0], GenerationOutput)


async def test_align() -> None:
    selection = AttentionSelection(layer=0)
    with serving() as engine:
        pair = AlignmentRequest(source_ids=[5, 6], target_ids=[7, 8, 0], attention=selection)
        weights = await engine.align(pair)
    np.testing.assert_array_equal(weights, cross_attention([5, 6], [7, 8, 0], selection))


async def test_refuses_invalid_requests_in_the_callers_own_words() -> None:
    with serving() as engine:
        with pytest.raises(InvalidParamsError):
            await engine.generate(request([]))
        with pytest.raises(RequestTooLongError):
            await engine.generate(request([5] * 41))
        with pytest.raises(InvalidParamsError):
            await anext(aiter(engine.stream(request([5], 0))))
        assert engine.stats().num_waiting == 0


async def test_cancelling_the_task_frees_its_slot() -> None:
    gate = Gate()
    with serving(FakeRunner(before_decode=gate), config=ONE_SLOT) as engine:
        task = asyncio.create_task(engine.generate(request([ENDLESS])))
        waiting = asyncio.create_task(engine.generate(request([ENDLESS])))
        await until(gate.wait_until_reached)
        assert engine.stats().num_used_slots == 1
        for doomed in (task, waiting):
            doomed.cancel()
            with pytest.raises(asyncio.CancelledError):
                await doomed
        gate.open()
        await assert_serves(engine)
        assert engine.stats().num_finished[FinishReason.ABORT] == 2


async def test_closing_a_stream_early_frees_its_slot() -> None:
    with serving(config=ONE_SLOT) as engine:
        async with aclosing(engine.stream(request([ENDLESS]))) as stream:
            assert isinstance(await anext(stream), list)
        await assert_serves(engine)


async def test_deadline_ends_the_request_and_frees_its_slot() -> None:
    clock = FakeClock()

    def tick() -> None:
        clock.now += 1000

    with serving(FakeRunner(before_decode=tick), config=ONE_SLOT, clock=clock) as engine:
        with pytest.raises(DeadlineExceededError, match="time limit"):
            await engine.generate(request([ENDLESS]), timeout_s=5000)
        with pytest.raises(DeadlineExceededError):
            _ = [event async for event in engine.stream(request([ENDLESS]), timeout_s=5000)]
        await assert_serves(engine)
        assert engine.stats().num_expired == 2


async def test_deadline_holds_while_a_step_takes_long() -> None:
    gate = Gate()
    with serving(FakeRunner(before_decode=gate), config=ONE_SLOT) as engine:
        with pytest.raises(DeadlineExceededError):
            await engine.generate(request([ENDLESS]), timeout_s=0.01)
        gate.open()
        await assert_serves(engine)


async def test_full_queue_refuses_at_once_whether_or_not_the_engine_has_woken() -> None:
    gate = Gate()
    config = SchedulerConfig(max_slots=1, max_waiting=2)
    with serving(FakeRunner(before_decode=gate), config=config) as engine:
        tasks = [asyncio.create_task(engine.generate(request([ENDLESS], 2))) for _ in range(5)]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if len(done) < 2:
            more, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            done |= more
        refusals = [task.exception() for task in done]
        assert [type(error) for error in refusals] == [QueueFullError, QueueFullError]
        assert all(error.retry_after_s >= 1 for error in refusals if isinstance(error, QueueFullError))
        gate.open()
        assert [output.finish_reason for output in await asyncio.gather(*pending)] == ["length"] * 3
        await assert_serves(engine)


async def test_parts_of_a_flow_that_was_taken_are_never_refused_and_take_one_place() -> None:
    gate = Gate()
    config = SchedulerConfig(max_slots=1, max_waiting=2)
    with serving(FakeRunner(before_decode=gate), config=config) as engine:

        def ask(flow: int, *, is_admitted: bool) -> asyncio.Task[GenerationOutput]:
            one = GenerationRequest(
                source_ids=[ENDLESS],
                params=GenerationParams(max_new_tokens=1),
                flow=flow,
                is_admitted=is_admitted,
            )
            return asyncio.create_task(engine.generate(one))

        tasks = [ask(1, is_admitted=n > 0) for n in range(50)]
        await asyncio.sleep(0)
        await until(gate.wait_until_reached)  # 1 of them runs, 49 wait
        tasks.append(ask(2, is_admitted=False))
        await asyncio.sleep(0)
        refused = ask(3, is_admitted=False)
        with pytest.raises(QueueFullError):
            await refused
        gate.open()
        assert len(await asyncio.gather(*tasks)) == 51


async def test_close_answers_whoever_still_waits() -> None:
    gate = Gate()
    with serving(FakeRunner(before_decode=gate), config=ONE_SLOT) as engine:
        tasks = [asyncio.create_task(engine.generate(request([ENDLESS]))) for _ in range(2)]
        await until(gate.wait_until_reached)
        closing = asyncio.create_task(asyncio.to_thread(engine.close))
        gate.open()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        await closing
        assert [type(result) for result in results] == [DrainingError, DrainingError]
        assert not engine.is_healthy
        check_holds_nothing(engine)
        with pytest.raises(DrainingError):
            await engine.generate(request([5]))


async def test_model_failure_raises_and_the_engine_goes_on() -> None:
    with serving(FakeRunner(poison=9)) as engine:
        with pytest.raises(RequestFailedError, match="failed while encoding"):
            await engine.generate(request([9]))
        await assert_serves(engine)


async def test_crash_fails_everyone_and_shows(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gate = Gate()
    runner = FakeRunner(before_decode=gate)

    def broken(sequences: object) -> None:
        raise AssertionError("a defect of the runner")

    monkeypatch.setattr(runner, "leave", broken)
    with serving(runner, config=ONE_SLOT) as engine, caplog.at_level(logging.CRITICAL):
        tasks = [asyncio.create_task(engine.generate(request([ENDLESS], 1))) for _ in range(3)]
        await until(gate.wait_until_reached)
        assert engine.is_healthy
        gate.open()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(result) for result in results] == [RequestFailedError] * 3
        with pytest.raises(EngineUnavailableError, match="crashed"):
            await engine.generate(request([5]))
        check_holds_nothing(engine)
        assert engine.stats().num_finished[FinishReason.ERROR] == 3
        engine.close()
        assert not engine.is_healthy


def check_holds_nothing(engine: AsyncEngine) -> None:
    stats = engine.stats()
    assert (stats.num_running, stats.num_waiting, stats.num_used_slots, stats.batch_size) == (0, 0, 0, 0)
    assert engine.load == 0


async def test_a_step_that_hangs_is_unhealthy_and_idling_is_not() -> None:
    clock, gate = FakeClock(), Gate()
    with serving(FakeRunner(before_decode=gate), clock=clock) as engine:
        clock.now += 1_000_000
        assert engine.is_healthy
        task = asyncio.create_task(engine.generate(request([ENDLESS], 1)))
        await until(gate.wait_until_reached)
        assert engine.is_healthy
        clock.now += 61
        assert not engine.is_healthy
        gate.open()
        await task
        await assert_serves(engine)


@pytest.mark.parametrize(
    ("max_source_tokens", "max_step_s", "allowed_s"),
    [(512, None, 60), (4096, None, 60), (16_384, None, 240), (16_384, 5.0, 5), (512, 900.0, 900)],
)
async def test_how_long_a_step_may_take_follows_from_the_longest_source_or_is_said(
    max_source_tokens: int, max_step_s: float | None, allowed_s: float
) -> None:
    clock, gate = FakeClock(), Gate()
    limits = dataclasses.replace(LIMITS, max_source_tokens=max_source_tokens)
    runner = FakeRunner(limits=limits, before_decode=gate)
    engine = AsyncEngine(make_engine(runner, clock=clock), max_step_s=max_step_s)
    try:
        task = asyncio.create_task(engine.generate(request([ENDLESS], 1)))
        await until(gate.wait_until_reached)
        clock.now += allowed_s
        assert engine.is_healthy
        clock.now += 1
        assert not engine.is_healthy
        gate.open()
        await task
    finally:
        engine.close()


async def test_a_step_wakes_an_event_loop_once_however_many_answers_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = Gate()
    loop = asyncio.get_running_loop()
    callbacks: list[threading.Thread] = []
    original = loop.call_soon_threadsafe

    def counting(callback: Callable[[], object]) -> asyncio.Handle:
        callbacks.append(threading.current_thread())
        return original(callback)

    with serving(FakeRunner(before_decode=gate)) as engine:
        first = asyncio.create_task(engine.generate(request([ENDLESS], 1)))
        await until(gate.wait_until_reached)
        others = [asyncio.create_task(engine.generate(request([ENDLESS], 1))) for _ in range(20)]
        await asyncio.sleep(0)  # they are all submitted
        monkeypatch.setattr(loop, "call_soon_threadsafe", counting)
        gate.open()
        await asyncio.gather(first, *others)
        assert len(callbacks) == 2
        monkeypatch.undo()


def test_serves_several_event_loops_at_once() -> None:
    with serving(config=SchedulerConfig(max_slots=3)) as engine:

        async def ask(first: int) -> list[list[int]]:
            asked = [request([first, n], 6) for n in range(3, 23)]
            return [output.token_ids for output in await asyncio.gather(*map(engine.generate, asked))]

        with ThreadPoolExecutor(2) as threads:
            answers = list(threads.map(lambda first: asyncio.run(ask(first)), (7, 8)))
    for first, tokens in zip((7, 8), answers, strict=True):
        alone = make_engine(FakeRunner()).generate([request([first, n], 6) for n in range(3, 23)])
        assert tokens == [output.token_ids for output in alone]


@pytest.mark.parametrize("error", [RequestTooLongError(9, 5, "target"), QueueFullError(7, 2.5)])
def test_errors_survive_the_way_between_processes(error: EngineError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))
