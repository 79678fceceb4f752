"""Server-sent events: one producer task, pings while it is silent, always a terminal event.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Self

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

_PING = b": ping\n\n"
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


def encode_event(name: str, data: bytes) -> bytes:
    """One event; `data` is JSON, which has no line breaks."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), data)


class WorkCancelledError(Exception):
    """What a stream waited for was cancelled, and not because its reader had left."""


class EventStreamResponse(StreamingResponse):
    """Streams the events of one producer; the client's leaving closes the producer.

    The producer runs in a task of its own: it may hold timeouts and task groups, which
    belong to the task that entered them.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        *,
        keepalive_s: float,
        render_error: Callable[[Exception], bytes],
    ) -> None:
        super().__init__(self._chunks(), headers=_HEADERS)
        self._keepalive_s = keepalive_s
        self._render_error = render_error
        self._queue: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        self._producer = asyncio.create_task(self._produce(events))
        self._first: bytes | Exception | None = _PING

    @classmethod
    async def start(
        cls,
        events: AsyncGenerator[bytes, None],
        *,
        keepalive_s: float,
        render_error: Callable[[Exception], bytes],
    ) -> Self:
        """Wait for the first event, at most `keepalive_s`, so that an early failure keeps its own status.

        Raises:
            Exception: what the producer raised before its first event.
        """
        response = cls(events, keepalive_s=keepalive_s, render_error=render_error)
        try:
            async with asyncio.timeout(keepalive_s):
                response._first = await response._queue.get()
        except TimeoutError:
            pass  # the ping that stands there already commits to status 200
        except BaseException:
            await response._stop()
            raise
        if isinstance(response._first, Exception):
            await response._stop()
            raise response._first
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the end or until the client leaves."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._stop()

    async def _produce(self, events: AsyncGenerator[bytes, None]) -> None:
        try:
            async with aclosing(events) as opened:
                async for event in opened:
                    self._queue.put_nowait(event)
        except asyncio.CancelledError:
            self._queue.put_nowait(WorkCancelledError())  # after `_stop`, nobody reads it
            raise
        except Exception as error:
            self._queue.put_nowait(error)
        else:
            self._queue.put_nowait(None)

    async def _chunks(self) -> AsyncGenerator[bytes, None]:
        item = self._first
        while isinstance(item, bytes):
            yield item
            item = await self._next()
        if item is not None:
            yield self._render_error(item)

    async def _next(self) -> bytes | Exception | None:
        try:
            async with asyncio.timeout(self._keepalive_s):
                return await self._queue.get()
        except TimeoutError:
            return _PING

    async def _stop(self) -> None:
        self._producer.cancel()
        await asyncio.gather(self._producer, return_exceptions=True)
