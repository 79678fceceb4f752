"""Asking engines for one HTTP request: admission, a deadline, bounded concurrency, errors in its words."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable
from typing import Any, Protocol, TypeVar

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.request import (
    AlignmentRequest,
    GenerationOutput,
    GenerationRequest,
    Share,
    new_flow,
)
from crosslate.models.errors import (
    DeadlineExceededError,
    DrainingError,
    EngineError,
    EngineUnavailableError,
    InvalidParamsError,
    QueueFullError,
    RequestTooLongError,
    SourceTooLargeError,
)
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.engines.served_model import EngineClient
from crosslate.service.pipeline.types import Allowance

T = TypeVar("T")
Asked_co = TypeVar("Asked_co", GenerationRequest, AlignmentRequest, covariant=True)

MAX_PARTS = 128
"""Of one HTTP request at the engines at once: enough for wide batches, few enough that memory stays flat."""

_REPLACEMENT_S = 10.0


class MakeRequest(Protocol[Asked_co]):
    """A request to an engine, all but whose it is, such as `partial(GenerationRequest, source_ids=...)`."""

    def __call__(self, *, flow: int, share: Share | None, is_admitted: bool) -> Asked_co:
        """The request as a part of a flow."""
        ...


class EngineCalls:
    """The calls that one HTTP request makes, whatever it has of texts and parts. Raises `ServiceError`s only.

    The request is admitted or refused (429) as a whole, by its first call. What comes after that is never
    refused by a full queue: no more than `max_parts` are under way at a time, and to the engine they are one
    flow.

    Args:
        allowance: what all of them together may take.
        max_parts: how many may be under way at once.
    """

    def __init__(self, allowance: Allowance, *, max_parts: int = MAX_PARTS) -> None:
        self._allowance = allowance
        self._began_s = time.monotonic()
        self._max_parts = max_parts
        self._num_parts = 0
        self._texts = asyncio.Semaphore(max_parts)
        self._places = asyncio.Semaphore(max_parts)
        self._flow = new_flow() if allowance.flow is None else allowance.flow
        self._has_asked = False
        self._refusal: EngineError | None = None

    def expect(self, num_parts: int) -> None:
        """So many parts more are known of: where the time limit is for each round, it grows with them."""
        self._num_parts += num_parts

    async def run_texts(self, texts: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
        """Work on whole texts side by side, the results in order; see `run_parts`."""
        return await _run_all(texts, self._texts, take_turns=True)

    async def run_parts(self, parts: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
        """Work on parts side by side, as many as the request has places for, the results in order.

        A part is taken from `parts` only when there is a place. It must not wait for other parts. When one
        fails, the others are cancelled and its error is raised.
        """
        return await _run_all(parts, self._places, take_turns=False)

    async def merged(
        self, parts: Iterable[Callable[[Callable[[T], None]], Awaitable[T]]]
    ) -> AsyncGenerator[tuple[int, T | Exception], None]:
        """As `run_parts`, for parts that may say more than their answer: all of it as it comes.

        Each with the number of its part. A failure is the last of its part, and leaves the others alone.
        """
        said: asyncio.Queue[tuple[int, T | Exception] | None] = asyncio.Queue()

        async def listen(number: int, part: Callable[[Callable[[T], None]], Awaitable[T]]) -> None:
            try:
                said.put_nowait((number, await part(lambda item: said.put_nowait((number, item)))))
            except Exception as error:  # whoever reads it raises it
                said.put_nowait((number, error))

        work = asyncio.create_task(self.run_parts(listen(n, part) for n, part in enumerate(parts)))
        work.add_done_callback(lambda _: said.put_nowait(None))
        try:
            while (item := await said.get()) is not None:
                yield item
            await work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    def place(self) -> contextlib.AbstractAsyncContextManager[None]:
        """The place of one part, for the length of a block."""
        return self._places

    async def generate(self, engine: EngineClient, make: MakeRequest[GenerationRequest]) -> GenerationOutput:
        """The finished output of one part."""
        return await self._answered(lambda: engine.generate(self._mine(make), timeout_s=self._remaining_s()))

    async def align(self, engine: EngineClient, make: MakeRequest[AlignmentRequest]) -> FloatArray:
        """The attention of one given pair."""
        return await self._answered(lambda: engine.align(self._mine(make), timeout_s=self._remaining_s()))

    async def stream(
        self, engine: EngineClient, make: MakeRequest[GenerationRequest]
    ) -> AsyncGenerator[list[int] | GenerationOutput, None]:
        """Token ids as they come, then the finished output."""
        try:
            items = engine.stream(self._mine(make), timeout_s=self._remaining_s())
            async with contextlib.aclosing(items) as opened:
                async for item in opened:
                    yield item
        except EngineError as error:
            raise self._told(error) from error

    async def _answered(self, ask: Callable[[], Awaitable[T]]) -> T:
        try:
            return await ask()
        except EngineError as error:
            raise self._told(error) from error

    def _mine(self, make: MakeRequest[Asked_co]) -> Asked_co:
        """The request as a part of this flow: the first one asks for admission.

        An engine in this process refuses before any other part asks; one elsewhere a moment later.
        """
        if self._refusal is not None:
            raise self._refusal
        is_admitted, self._has_asked = self._has_asked, True
        return make(flow=self._flow, share=self._allowance.share, is_admitted=is_admitted)

    def _told(self, error: EngineError) -> ServiceError:
        if isinstance(error, QueueFullError):
            self._refusal = error
        return service_error(error)

    def _remaining_s(self) -> float | None:
        limit_s, longest_s = self._allowance.timeout_s, self._allowance.longest_timeout_s
        if limit_s is None:
            return None
        if longest_s is not None:
            num_rounds = math.ceil(self._num_parts / self._max_parts)
            limit_s = max(limit_s, min(num_rounds * limit_s, longest_s))
        remaining_s = self._began_s + limit_s - time.monotonic()
        if remaining_s <= 0:
            raise _timeout()
        return remaining_s


async def _run_all(
    calls: Iterable[Coroutine[Any, Any, T]], places: asyncio.Semaphore, *, take_turns: bool
) -> list[T]:
    """The answers in order; each call begins when there is a place.

    `take_turns`: each with a turn of the event loop, since many would hold up every other request together.
    """
    waiting = iter(calls)
    tasks: list[asyncio.Task[T]] = []
    try:
        async with asyncio.TaskGroup() as group:
            while True:
                await places.acquire()
                call = next(waiting, None)
                if call is None:
                    places.release()
                    break
                task = group.create_task(call)
                task.add_done_callback(lambda _: places.release())
                tasks.append(task)
                if take_turns:
                    await asyncio.sleep(0)
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


def service_error(error: EngineError) -> ServiceError:
    """What the person who sent the request is told about an engine's refusal or failure."""
    match error:
        case QueueFullError() | DrainingError() | EngineUnavailableError():
            return _try_again(error)
        case DeadlineExceededError():
            return _timeout()
        case SourceTooLargeError():
            why = (
                f"{error.num_tokens} tokens in one piece; at most {error.max_tokens} fit into the memory that"
                " the model's engine may use (`max_cache_bytes`)."
            )
            return ServiceError(
                "text_too_long",
                f"{why} Send shorter pieces, or ask for fewer beams or samples.",
                neutral_detail=f"{why} Send shorter pieces.",
            )
        case RequestTooLongError():
            return ServiceError(
                "text_too_long",
                f"{error.num_tokens} tokens in one piece; the model takes at most {error.max_tokens}. "
                "Send shorter pieces.",
            )
        case InvalidParamsError():
            return ServiceError("invalid_parameters", str(error))
        case _:
            return ServiceError(
                "internal_error",
                "The model failed on this request. This is a defect of the server, not of the request.",
            )


def _try_again(error: QueueFullError | DrainingError | EngineUnavailableError) -> ServiceError:
    match error:
        case QueueFullError():
            return ServiceError(
                "queue_full",
                "The server has as many requests waiting as it takes. Try again a little later.",
                retry_after_s=error.retry_after_s,
            )
        case DrainingError():
            return ServiceError(
                "draining",
                "This server takes no new requests, since it is shutting down. Try again.",
                retry_after_s=1.0,
            )
        case EngineUnavailableError():
            return ServiceError(
                "model_unavailable",
                "The model's engine has stopped and is being replaced. Send the request again in a while.",
                retry_after_s=_REPLACEMENT_S,
            )


def _timeout() -> ServiceError:
    return ServiceError(
        "timeout",
        "The request was not finished in its time, which is timeout_s or else limits.default_timeout_s. "
        "Send less text at a time, or allow more time.",
        neutral_detail="The request was not finished in the time that the service gives one "
        "(limits.default_timeout_s). Send less text at a time.",
    )
