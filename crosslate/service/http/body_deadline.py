"""A request's body has to come within a time, however many bytes of it keep coming."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crosslate.service.errors import ServiceError

_PATIENCE = 10
"""Times as long for files, which are as many times as large."""


class BodyDeadlineMiddleware:
    """Stops waiting for a body with 408. From its end on, the request's own deadline counts.

    HAProxy waits for what it can buffer; behind that, a client that sends a byte now and then would keep its
    place in a replica for as long as it likes.
    """

    def __init__(self, app: ASGIApp, *, timeout_s: float, is_slow: Callable[[Scope], bool]) -> None:
        self._app = app
        self._timeout_s = timeout_s
        self._is_slow = is_slow

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        timeout_s = self._timeout_s * (_PATIENCE if self._is_slow(scope) else 1)
        deadline = asyncio.get_running_loop().time() + timeout_s
        is_complete = False

        async def timed_receive() -> Message:
            nonlocal is_complete
            if is_complete:
                return await receive()  # for the client's leaving
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise _too_slow(timeout_s) from None
            is_complete = not message.get("more_body", False)
            return message

        await self._app(scope, timed_receive, send)


def _too_slow(timeout_s: float) -> ServiceError:
    return ServiceError(
        "request_timeout",
        f"The body of the request did not come within {timeout_s:g} s (limits.body_timeout_s): "
        "send it without pauses, or less at once.",
    )
