"""JSON that is late has blanks ahead of it, for clients that take silence for a failure and send again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from crosslate.service.http.dialect import state_of
from crosslate.service.http.errors import BrokenOffError
from crosslate.service.logs.logging import Logger

_BLANK = b" "
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


async def answer_with_heartbeat(
    request: Request,
    answer: Coroutine[Any, Any, Response],
    *,
    every_s: float,
    headers: Mapping[str, str],
    logger: Logger,
) -> Response:
    """The answer, if it comes or fails within `every_s`; else one that sends blanks until it has come.

    The first blank commits to status 200. A failure after that is written in its usual form, and then the
    connection is broken off: no client takes it for a translation, and none for a reason to send again.

    Args:
        request: whose dialect the failure is written in.
        answer: its body is JSON, which may begin with blanks (RFC 8259, section 2). It is cancelled where the
            client leaves.
        every_s: from one blank to the next.
        headers: of a late answer, whose own come too late.
        logger: for defects.
    """
    task = asyncio.create_task(answer)
    try:
        done, _ = await asyncio.wait({task}, timeout=every_s)
    except BaseException:
        await _stop(task)
        raise
    if done:
        return task.result()
    return _LateAnswer(task, every_s, headers, lambda error: _written(request, error, logger))


def _written(request: Request, error: Exception, logger: Logger) -> bytes:
    state = state_of(request.scope)
    said = state.told(error, logger)
    return bytes(state.dialect.error_response(said, state.record.request_id).body)


class _LateAnswer(StreamingResponse):
    media_type = "application/json"

    def __init__(
        self,
        task: asyncio.Task[Response],
        every_s: float,
        headers: Mapping[str, str],
        write: Callable[[Exception], bytes],
    ) -> None:
        super().__init__(self._chunks(), headers={**_HEADERS, **headers})
        self._task = task
        self._every_s = every_s
        self._write = write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await _stop(self._task)

    async def _chunks(self) -> AsyncGenerator[bytes, None]:
        while not self._task.done():
            yield _BLANK
            await asyncio.wait({self._task}, timeout=self._every_s)
        error = self._task.exception()
        if isinstance(error, Exception):
            yield self._write(error)
            raise BrokenOffError
        yield bytes(self._task.result().body)


async def _stop(task: asyncio.Task[Response]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
