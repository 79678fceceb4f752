"""Asking an engine on behalf of one text: one deadline, bounded concurrency, errors in the caller's words."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from models.engine.request import AlignmentRequest, FloatArray, GenerationOutput, GenerationRequest, new_flow
from models.errors import (
    DeadlineExceededError,
    DrainingError,
    EngineError,
    EngineUnavailableError,
    InvalidParamsError,
    QueueFullError,
    RequestTooLongError,
)
from service.errors import ServiceError
from service.pipeline.types import EngineClient
from service.streams import closing

T = TypeVar("T")

_LONGEST_PAUSE_S = 1.0
_REPLACEMENT_S = 10.0


class EngineCalls:
    """The calls that one text makes. Raises `ServiceError`s only.

    A text is admitted or refused (429) as a whole, by its first call: the others wait for a place when the
    engine's queue is full, as long as the deadline allows.

    Args:
        timeout_s: for all of them together.
        max_concurrent: how many may be at the engine at once.
        flow: with whose other texts this one shares the engine; None: with nobody's.
    """

    def __init__(self, *, timeout_s: float | None, max_concurrent: int, flow: int | None = None) -> None:
        self._timeout_s = timeout_s
        self._deadline = None if timeout_s is None else time.monotonic() + timeout_s
        self._max_concurrent = max_concurrent
        self._places = asyncio.Semaphore(max_concurrent)
        self._flow = new_flow() if flow is None else flow

    def allow(self, num_calls: int, longest_s: float) -> None:
        """Allow the time limit for each round of calls that go side by side, up to `longest_s` in all."""
        if self._timeout_s is None or self._deadline is None:
            return
        num_rounds = math.ceil(num_calls / self._max_concurrent)
        longer_s = min(num_rounds * self._timeout_s, longest_s) - self._timeout_s
        self._deadline += max(longer_s, 0.0)

    async def generate(
        self, engine: EngineClient, request: GenerationRequest, *, is_first: bool
    ) -> GenerationOutput:
        """The finished output of one piece."""
        mine = dataclasses.replace(request, flow=self._flow)
        return await self._call(lambda: engine.generate(mine, timeout_s=self._remaining_s()), is_first)

    async def align(self, engine: EngineClient, request: AlignmentRequest, *, is_first: bool) -> FloatArray:
        """The attention of one given pair."""
        mine = dataclasses.replace(request, flow=self._flow)
        return await self._call(lambda: engine.align(mine, timeout_s=self._remaining_s()), is_first)

    async def stream(
        self, engine: EngineClient, request: GenerationRequest, *, is_first: bool
    ) -> AsyncIterator[list[int] | GenerationOutput]:
        """Token ids as they come, then the finished output."""
        mine = dataclasses.replace(request, flow=self._flow)
        async with self._places:
            while True:
                try:
                    async with closing(engine.stream(mine, timeout_s=self._remaining_s())) as items:
                        async for item in items:
                            yield item
                except QueueFullError as error:
                    await self._wait_for_place(error, is_first)
                except EngineError as error:
                    raise service_error(error) from error
                else:
                    return

    async def _call(self, ask: Callable[[], Awaitable[T]], is_first: bool) -> T:
        async with self._places:
            while True:
                try:
                    return await ask()
                except QueueFullError as error:
                    await self._wait_for_place(error, is_first)
                except EngineError as error:
                    raise service_error(error) from error

    async def _wait_for_place(self, error: QueueFullError, is_first: bool) -> None:
        if is_first:
            raise service_error(error) from error
        remaining_s = self._remaining_s()
        pause_s = min(error.retry_after_s, _LONGEST_PAUSE_S)
        await asyncio.sleep(pause_s if remaining_s is None else min(pause_s, remaining_s))

    def _remaining_s(self) -> float | None:
        if self._deadline is None:
            return None
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise _timeout()
        return remaining


async def run_all(calls: Sequence[Awaitable[T]]) -> list[T]:
    """The answers in order. When one fails, the others are cancelled and its error is raised."""
    if len(calls) == 1:
        return [await calls[0]]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_as_coroutine(call)) for call in calls]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


async def _as_coroutine(call: Awaitable[T]) -> T:
    return await call


def service_error(error: EngineError) -> ServiceError:
    """What the person who sent the request is told about an engine's refusal or failure."""
    match error:
        case QueueFullError():
            return ServiceError(
                429,
                "queue_full",
                "Too many requests are waiting",
                "The server has as many requests waiting as it takes. Try again a little later.",
                retry_after_s=error.retry_after_s,
            )
        case DrainingError():
            return ServiceError(
                503,
                "draining",
                "The server is shutting down",
                "This server takes no new requests, since it is shutting down. Try again.",
                retry_after_s=1.0,
            )
        case EngineUnavailableError():
            return ServiceError(
                503,
                "model_unavailable",
                "The model does not answer",
                "The model's engine has stopped and is being replaced. Send the request again in a while.",
                retry_after_s=_REPLACEMENT_S,
            )
        case DeadlineExceededError():
            return _timeout()
        case RequestTooLongError():
            return ServiceError(
                413,
                "text_too_long",
                "The text is too long for the model",
                f"{error.num_tokens} tokens in one piece; the model takes at most {error.max_tokens}. "
                "Send shorter pieces.",
            )
        case InvalidParamsError():
            return ServiceError(400, "invalid_parameters", "Invalid generation parameters", str(error))
        case _:
            return ServiceError(
                500,
                "internal_error",
                "Internal error",
                "The model failed on this request. This is a defect of the server, not of the request.",
            )


def _timeout() -> ServiceError:
    return ServiceError(
        504,
        "timeout",
        "The time limit passed",
        "The text was not finished within timeout_s. Send less text at a time, or allow more time.",
    )
