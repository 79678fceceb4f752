from __future__ import annotations

import asyncio

import pytest

from models.engine.request import AlignmentRequest, GenerationParams, GenerationRequest
from models.errors import (
    DeadlineExceededError,
    DrainingError,
    EngineError,
    EngineUnavailableError,
    InvalidParamsError,
    QueueFullError,
    RequestFailedError,
    RequestTooLongError,
)
from service.errors import ServiceError
from service.pipeline.engine_calls import EngineCalls, run_all, service_error
from tests.service.pipeline.fakes import EOS, FakeEngine

REQUEST = GenerationRequest(source_ids=[1, EOS])


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (QueueFullError(9, 2.5), 429, "queue_full"),
        (DrainingError(), 503, "draining"),
        (EngineUnavailableError(), 503, "model_unavailable"),
        (DeadlineExceededError(), 504, "timeout"),
        (RequestTooLongError(900, 512), 413, "text_too_long"),
        (InvalidParamsError("temperature must be above 0"), 400, "invalid_parameters"),
        (RequestFailedError("secret state"), 500, "internal_error"),
    ],
)
async def test_engine_errors_in_the_callers_words(error: EngineError, status: int, code: str) -> None:
    engine = FakeEngine()
    engine.failures.append(error)
    with pytest.raises(ServiceError) as raised:
        await EngineCalls(timeout_s=1, max_concurrent=1).generate(engine, REQUEST, is_first=True)
    assert (raised.value.status, raised.value.code) == (status, code)
    assert raised.value.detail
    assert "secret" not in raised.value.detail


def test_retry_after_is_passed_on() -> None:
    assert service_error(QueueFullError(9, 2.5)).retry_after_s == 2.5


async def test_later_pieces_wait_for_a_place_in_the_queue() -> None:
    engine = FakeEngine()
    engine.failures += [QueueFullError(9, 0.0), QueueFullError(9, 0.0)]
    calls = EngineCalls(timeout_s=None, max_concurrent=1)
    output = await calls.generate(engine, REQUEST, is_first=False)
    assert output.token_ids == [1, EOS]
    assert len(engine.requests) == 3
    engine.failures.append(QueueFullError(9, 0.0))
    items = [item async for item in calls.stream(engine, REQUEST, is_first=False)]
    assert len(items) == 3


async def test_waiting_ends_with_the_deadline() -> None:
    engine = FakeEngine()
    engine.failures += [QueueFullError(9, 0.0)] * 10_000
    with pytest.raises(ServiceError) as raised:
        await EngineCalls(timeout_s=0.01, max_concurrent=1).generate(engine, REQUEST, is_first=False)
    assert raised.value.code == "timeout"


async def test_all_calls_share_one_deadline() -> None:
    engine = FakeEngine()
    calls = EngineCalls(timeout_s=60, max_concurrent=1)
    await calls.generate(engine, REQUEST, is_first=True)
    await calls.generate(engine, REQUEST, is_first=False)
    await calls.align(engine, AlignmentRequest(source_ids=[1, 0], target_ids=[1, 0]), is_first=False)
    first, second = engine.timeouts
    assert first is not None
    assert second is not None
    assert second < first <= 60


async def test_no_more_calls_at_once_than_allowed() -> None:
    engine = FakeEngine()
    calls = EngineCalls(timeout_s=None, max_concurrent=3)
    await run_all([calls.generate(engine, REQUEST, is_first=False) for _ in range(10)])
    assert engine.most_running == 3


async def test_one_failure_cancels_the_others() -> None:
    engine = FakeEngine()
    engine.gate = asyncio.Event()

    async def fail() -> None:
        while engine.num_running < 2:
            await asyncio.sleep(0)
        raise service_error(DrainingError())

    calls = EngineCalls(timeout_s=None, max_concurrent=9)
    with pytest.raises(ServiceError, match="shutting down"):
        await run_all(
            [
                calls.generate(engine, REQUEST, is_first=False),
                fail(),
                calls.generate(engine, REQUEST, is_first=False),
            ]
        )
    assert engine.num_cancelled == 2
    assert engine.num_running == 0


async def test_cancelling_the_caller_cancels_the_calls() -> None:
    engine = FakeEngine()
    engine.gate = asyncio.Event()
    calls = EngineCalls(timeout_s=None, max_concurrent=9)
    running = run_all([calls.generate(engine, REQUEST, is_first=False) for _ in range(3)])
    task = asyncio.ensure_future(running)
    while engine.num_running < 3:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.num_cancelled == 3


async def test_answers_are_in_order() -> None:
    engine = FakeEngine()
    calls = EngineCalls(timeout_s=None, max_concurrent=2)
    requests = [GenerationRequest(source_ids=[i, EOS], params=GenerationParams()) for i in range(5)]
    outputs = await run_all([calls.generate(engine, r, is_first=False) for r in requests])
    assert [output.token_ids[0] for output in outputs] == [0, 1, 2, 3, 4]
    assert await run_all([]) == []


async def test_all_calls_of_a_text_share_the_engine_as_one() -> None:
    engine = FakeEngine()
    for calls in (
        EngineCalls(timeout_s=None, max_concurrent=2),
        EngineCalls(timeout_s=None, max_concurrent=2),
    ):
        await calls.generate(engine, REQUEST, is_first=True)
        [_ async for _ in calls.stream(engine, REQUEST, is_first=False)]
        await calls.align(engine, AlignmentRequest(source_ids=[1, EOS], target_ids=[1, EOS]), is_first=False)
    first, second = ({r.flow for r in engine.requests[i : i + 2]} for i in (0, 2))
    assert first == {engine.pairs[0].flow}
    assert second == {engine.pairs[1].flow}
    assert first.isdisjoint(second | {None})


async def test_texts_of_a_flow_share_the_engine_as_one() -> None:
    engine = FakeEngine()
    for _ in range(2):
        await EngineCalls(timeout_s=None, max_concurrent=1, flow=5).generate(engine, REQUEST, is_first=True)
    assert [request.flow for request in engine.requests] == [5, 5]
