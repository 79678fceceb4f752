from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from typing import Any

import pytest

from crosslate.models.engine.request import AlignmentRequest, GenerationOutput, GenerationRequest
from crosslate.models.errors import (
    DeadlineExceededError,
    DrainingError,
    EngineError,
    EngineUnavailableError,
    InvalidParamsError,
    QueueFullError,
    RequestFailedError,
    RequestTooLongError,
    SourceTooLargeError,
)
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.engines.engine_calls import EngineCalls, service_error
from crosslate.service.pipeline.types import UNLIMITED, Allowance
from tests.service.pipeline.fakes import EOS, FakeEngine

REQUEST = partial(GenerationRequest, source_ids=[1, EOS])
Call = Callable[[], Coroutine[Any, Any, GenerationOutput]]
PAIR = partial(AlignmentRequest, source_ids=[1, EOS], target_ids=[1, EOS])


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (QueueFullError(9, 2.5), 429, "queue_full"),
        (DrainingError(), 503, "draining"),
        (EngineUnavailableError(), 503, "model_unavailable"),
        (DeadlineExceededError(), 504, "timeout"),
        (RequestTooLongError(900, 512), 413, "text_too_long"),
        (SourceTooLargeError(16000, 9000, 4), 413, "text_too_long"),
        (InvalidParamsError("temperature must be above 0"), 400, "invalid_parameters"),
        (RequestFailedError("secret state"), 500, "internal_error"),
    ],
)
async def test_engine_errors_in_the_callers_words(error: EngineError, status: int, code: str) -> None:
    engine = FakeEngine()
    engine.failures.append(error)
    with pytest.raises(ServiceError) as raised:
        await EngineCalls(Allowance(timeout_s=1)).generate(engine, REQUEST)
    assert (raised.value.status, raised.value.code) == (status, code)
    assert raised.value.detail
    assert "secret" not in raised.value.detail


def test_retry_after_is_passed_on() -> None:
    assert service_error(QueueFullError(9, 2.5)).retry_after_s == 2.5


async def test_the_first_call_asks_for_admission_and_the_others_have_it() -> None:
    engine, other = FakeEngine(), FakeEngine()
    calls = EngineCalls(UNLIMITED)
    await calls.run_parts(calls.generate(engine, REQUEST) for _ in range(3))
    _ = [item async for item in calls.stream(other, REQUEST)]
    await calls.align(other, PAIR)
    asked: list[GenerationRequest | AlignmentRequest] = [*engine.requests, *other.requests, *other.pairs]
    assert [request.is_admitted for request in asked] == [False, True, True, True, True]
    assert len({request.flow for request in asked} - {None}) == 1
    again = FakeEngine()
    await EngineCalls(UNLIMITED).generate(again, REQUEST)
    assert again.requests[0].is_admitted is False
    assert again.requests[0].flow != engine.requests[0].flow


async def test_calls_that_have_one_callers_flow_stay_in_it() -> None:
    engine = FakeEngine()
    for _ in range(2):
        await EngineCalls(Allowance(flow=7)).generate(engine, REQUEST)
    assert [(request.flow, request.is_admitted) for request in engine.requests] == [(7, False)] * 2


async def test_a_refusal_is_of_the_whole_request_before_any_other_part_is_asked() -> None:
    engine = FakeEngine()
    engine.failures.append(QueueFullError(9, 2.5))
    calls = EngineCalls(UNLIMITED)

    async def text() -> None:
        await calls.run_parts(calls.generate(engine, REQUEST) for _ in range(10))

    with pytest.raises(ServiceError) as raised:
        await calls.run_texts(text() for _ in range(10))
    assert (raised.value.status, raised.value.retry_after_s) == (429, 2.5)
    assert len(engine.requests) == 1


async def test_all_calls_share_one_deadline() -> None:
    engine = FakeEngine()
    calls = EngineCalls(Allowance(timeout_s=60))
    await calls.generate(engine, REQUEST)
    await calls.generate(engine, REQUEST)
    first, second = engine.timeouts
    assert first is not None
    assert second is not None
    assert second < first <= 60


async def test_time_that_has_passed_ends_the_calls() -> None:
    engine = FakeEngine()
    calls = EngineCalls(Allowance(timeout_s=0.001))
    await asyncio.sleep(0.002)
    with pytest.raises(ServiceError) as raised:
        await calls.generate(engine, REQUEST)
    assert raised.value.code == "timeout"
    assert engine.requests == []


@pytest.mark.parametrize(
    ("longest_s", "num_parts", "allowed_s"),
    [
        (None, 70, 1000),
        (9000, 0, 1000),
        (9000, 10, 1000),
        (9000, 70, 7000),
        (2500, 70, 2500),
        (500, 70, 1000),
    ],
)
async def test_a_limit_that_nobody_chose_is_for_each_round_of_parts(
    longest_s: float | None, num_parts: int, allowed_s: float
) -> None:
    engine = FakeEngine()
    calls = EngineCalls(Allowance(timeout_s=1000, longest_timeout_s=longest_s), max_parts=10)
    for _ in range(num_parts):
        calls.expect(1)
    await calls.generate(engine, REQUEST)
    (timeout_s,) = engine.timeouts
    assert timeout_s is not None
    assert allowed_s - 400 < timeout_s <= allowed_s
    unlimited = EngineCalls(Allowance(longest_timeout_s=longest_s))
    await unlimited.generate(engine, REQUEST)
    assert engine.timeouts[-1] is None


async def test_no_more_parts_at_once_than_allowed_however_many_texts_they_are_from() -> None:
    engine = FakeEngine()
    calls = EngineCalls(UNLIMITED, max_parts=3)
    begun: list[int] = []

    async def part(number: int) -> None:
        begun.append(number)
        await calls.generate(engine, REQUEST)
        assert len(begun) - len(engine.requests) < 3, "those that wait have not begun"

    async def text() -> None:
        await calls.run_parts(part(number) for number in range(10))

    await calls.run_texts(text() for _ in range(7))
    assert engine.most_running == 3
    assert len(begun) == len(engine.requests) == 70


async def test_parts_are_made_only_when_there_is_a_place_for_them() -> None:
    engine = FakeEngine()
    engine.gate = asyncio.Event()
    calls = EngineCalls(UNLIMITED, max_parts=4)
    made: list[int] = []

    def parts() -> Iterator[Coroutine[Any, Any, GenerationOutput]]:
        for number in range(1000):
            made.append(number)
            yield calls.generate(engine, REQUEST)

    task = asyncio.create_task(calls.run_parts(parts()))
    while engine.num_running < 4:
        await asyncio.sleep(0)
    assert len(made) == 4
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.num_cancelled == 4


async def test_one_failure_cancels_the_others() -> None:
    engine = FakeEngine()
    engine.gate = asyncio.Event()
    calls = EngineCalls(UNLIMITED, max_parts=9)

    async def fail() -> GenerationOutput:
        while engine.num_running < 2:
            await asyncio.sleep(0)
        raise service_error(DrainingError())

    ask: Call = partial(calls.generate, engine, REQUEST)
    parts = [ask, fail, ask]
    with pytest.raises(ServiceError, match="shutting down"):
        await calls.run_parts(part() for part in parts)
    assert engine.num_cancelled == 2
    assert engine.num_running == 0


async def test_cancelling_the_caller_cancels_the_calls() -> None:
    engine = FakeEngine()
    engine.gate = asyncio.Event()
    calls = EngineCalls(UNLIMITED)
    running = calls.run_parts(calls.generate(engine, REQUEST) for _ in range(3))
    task = asyncio.ensure_future(running)
    while engine.num_running < 3:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.num_cancelled == 3


async def test_answers_are_in_order_or_as_they_come() -> None:
    engine = FakeEngine()
    calls = EngineCalls(UNLIMITED, max_parts=2)

    async def ask(number: int) -> int:
        for _ in range(20 - number):
            await asyncio.sleep(0)
        output = await calls.generate(engine, partial(GenerationRequest, source_ids=[number, EOS]))
        return output.token_ids[0]

    assert await calls.run_parts(ask(number) for number in range(8)) == list(range(8))
    assert await calls.run_parts(iter(())) == []
    assert await calls.run_texts(ask(number) for number in range(8)) == list(range(8))

    async def twice(number: int, say: Callable[[int], None]) -> int:
        say(number)
        return await ask(number)

    said = [item async for item in calls.merged(partial(twice, number) for number in range(8))]
    assert sorted(said) == [(number, number) for number in range(8) for _ in range(2)]
    assert said != sorted(said)


async def test_a_failure_is_the_last_of_its_part_and_leaves_the_others_alone() -> None:
    engine = FakeEngine()
    engine.failures.append(DrainingError())
    calls = EngineCalls(UNLIMITED, max_parts=2)

    async def part(_: object) -> GenerationOutput:
        return await calls.generate(engine, REQUEST)

    said = [item async for item in calls.merged([part] * 5)]
    failures = [number for number, item in said if isinstance(item, ServiceError)]
    assert (failures, sorted(number for number, _ in said)) == ([0], list(range(5)))
    assert engine.num_running == 0


async def test_leaving_what_comes_cancels_the_rest() -> None:
    engine = FakeEngine()
    engine.gate = asyncio.Event()
    calls = EngineCalls(UNLIMITED, max_parts=2)

    async def part(asked: FakeEngine, _: object) -> GenerationOutput:
        return await calls.generate(asked, REQUEST)

    outputs = calls.merged(partial(part, asked) for asked in [FakeEngine(), *[engine] * 5])
    await anext(outputs)
    await outputs.aclose()
    assert engine.num_running == 0


async def test_others_have_their_turn_while_many_texts_begin() -> None:
    calls = EngineCalls(UNLIMITED)
    num_begun = 0
    seen: list[int] = []

    async def text() -> None:
        nonlocal num_begun
        num_begun += 1

    async def other() -> None:
        for _ in range(10):
            seen.append(num_begun)
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await calls.run_texts(text() for _ in range(50))
    await task
    assert max(seen) < 15
