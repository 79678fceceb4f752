"""An engine in another process, behind a Ray Serve handle."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

from ray.exceptions import RayActorError, RayTaskError
from ray.serve.exceptions import DeploymentUnavailableError
from ray.serve.handle import DeploymentHandle, DeploymentResponse, DeploymentResponseGenerator

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.request import AlignmentRequest, GenerationOutput, GenerationRequest
from crosslate.models.errors import (
    DeadlineExceededError,
    EngineError,
    EngineUnavailableError,
    RequestFailedError,
)

_logger = logging.getLogger(__name__)

_TRIES = 3
"""More than one replica may go in a rolling update; a request that ends its replica must not end them all."""


class RemoteEngine:
    """An `EngineClient` for a dedicated model. Errors and cancellation cross the hop as themselves.

    What a replica was at work on when it went is given to another one, or waits for one, within the time
    limit: a translation may be made twice, and nobody is worse off.
    """

    def __init__(self, handle: DeploymentHandle[Any]) -> None:
        self._handle = handle

    async def generate(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> GenerationOutput:
        """As the engine's."""
        output: GenerationOutput = await self._answer("generate", request, timeout_s)
        return output

    async def align(self, request: AlignmentRequest, *, timeout_s: float | None = None) -> FloatArray:
        """As the engine's."""
        attention: FloatArray = await self._answer("align", request, timeout_s)
        return attention

    async def stream(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> AsyncGenerator[list[int] | GenerationOutput, None]:
        """As the engine's. What another replica says once more is passed over.

        Where it says something else, as when sampling without a seed, there is no going on.
        """
        clock, given = _Clock(timeout_s), _Given()
        for is_last in _tries():
            given.begin()
            try:
                async with aclosing(self._items(request, clock)) as items:
                    async for item in items:
                        if new := given.new_of(item):
                            yield new
            except RayActorError as error:
                if is_last:
                    raise _as_engine_error(error) from None
            else:
                return

    async def _items(
        self, request: GenerationRequest, clock: _Clock
    ) -> AsyncGenerator[list[int] | GenerationOutput, None]:
        call = _called(self._handle.options(stream=True).stream, request, clock.left_s())
        items = cast("DeploymentResponseGenerator[list[int] | GenerationOutput]", call)
        try:
            while True:
                async with asyncio.timeout(clock.left_s()):
                    item = await anext(items, None)
                if item is None:
                    return
                yield item
        except RayActorError:
            raise
        except Exception as error:
            raise _as_engine_error(error) from None
        finally:
            items.cancel()  # type: ignore[no-untyped-call]

    async def _answer(
        self, method: str, request: GenerationRequest | AlignmentRequest, timeout_s: float | None
    ) -> Any:  # noqa: ANN401  (a handle's answer is untyped)
        clock = _Clock(timeout_s)
        for is_last in _tries():
            left_s = clock.left_s()
            try:
                return await _wait_for(_called(getattr(self._handle, method), request, left_s), left_s)
            except RayActorError as error:
                if is_last:
                    raise _as_engine_error(error) from None
        raise AssertionError("the last try returns or raises")


class _Given:
    """The tokens of a stream that its reader has, over several tries."""

    def __init__(self) -> None:
        self._token_ids: list[int] = []
        self._num_repeated = 0

    def begin(self) -> None:
        """A try, which says all of it again first."""
        self._num_repeated = 0

    def new_of(self, item: list[int] | GenerationOutput) -> list[int] | GenerationOutput | None:
        """What the reader has not; None where that is nothing.

        Raises:
            EngineUnavailableError: this try came to something else than the one that its reader follows.
        """
        token_ids = [] if isinstance(item, GenerationOutput) else item
        expected = self._token_ids[self._num_repeated :][: len(token_ids)]
        self._num_repeated += len(expected)
        if token_ids[: len(expected)] != expected:
            raise _went_away()
        if isinstance(item, GenerationOutput):
            if self._num_repeated < len(self._token_ids):
                raise _went_away()
            return item
        new = token_ids[len(expected) :]
        self._token_ids += new
        self._num_repeated += len(new)
        return new or None


class _Clock:
    """What is left of a time limit, over several tries."""

    def __init__(self, limit_s: float | None) -> None:
        self._end_s = None if limit_s is None else time.monotonic() + limit_s

    def left_s(self) -> float | None:
        """In seconds; None: no limit."""
        return None if self._end_s is None else max(0.0, self._end_s - time.monotonic())


def _tries() -> list[bool]:
    """For each whether it is the last one."""
    return [number == _TRIES for number in range(1, _TRIES + 1)]


def _called(
    method: DeploymentHandle[Any], request: GenerationRequest | AlignmentRequest, timeout_s: float | None
) -> object:
    """What a replica is asked; a deployment that has gone is told of at once, and not by the answer.

    Raises:
        EngineUnavailableError: it has gone, and this gateway is to go, too.
    """
    try:
        return method.remote(request, timeout_s)
    except DeploymentUnavailableError as error:
        raise _as_engine_error(error) from None


async def _wait_for(call: object, timeout_s: float | None) -> Any:  # noqa: ANN401  (a handle's answer is untyped)
    """Wait for a handle's answer; cancelling the wait cancels the request on the replica."""
    response = cast("DeploymentResponse[Any]", call)
    try:
        async with asyncio.timeout(timeout_s):
            return await response
    except asyncio.CancelledError:
        response.cancel()  # type: ignore[no-untyped-call]
        raise
    except RayActorError:
        raise
    except Exception as error:
        response.cancel()  # type: ignore[no-untyped-call]
        raise _as_engine_error(error) from None


def _as_engine_error(error: Exception) -> Exception:
    if isinstance(error, RayTaskError) and isinstance(error.cause, EngineError):
        return error.cause
    if isinstance(error, TimeoutError):
        # The engine keeps deadlines itself; this is for a replica that does not answer at all.
        return DeadlineExceededError("the model's replica did not answer in time")
    # The latter: the model was taken away, or has failed to start, and this gateway is to go, too.
    if isinstance(error, RayActorError | DeploymentUnavailableError):
        return _went_away()
    _logger.error("a dedicated model's replica failed", exc_info=error)
    return RequestFailedError(f"the model's replica failed with {type(error).__name__}")


def _went_away() -> EngineUnavailableError:
    return EngineUnavailableError("the model's replica went away: retry")
