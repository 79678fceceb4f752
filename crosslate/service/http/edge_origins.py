"""What Ray Serve answers by itself: pages of other origins may read it, as what the application answers.

Serve does so in its proxy, and in replicas beside the application. Whose an answer is tells a mark, which
Serve hands on with its beginning from one process to the next, and which servers leave out.
"""

from __future__ import annotations

import os

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crosslate.service.settings import served_origins

_MARK = "crosslate.answers"


def mark(head: Message) -> None:
    """Say that the application gives this answer."""
    head[_MARK] = True


class EdgeOriginsMiddleware:
    """Adds what browsers want to answers without the mark, and answers what they ask beforehand instead."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] == "http" and "origin" in Headers(scope=scope):
            send = _OpenSender(scope, receive, send)
        await self._app(scope, receive, send)


class _OpenSender:
    """Of an answer to a page that says where it is from."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._is_replaced = False

    async def __call__(self, message: Message) -> None:
        is_own = message["type"] == "http.response.start" and _MARK not in message
        origins = served_origins.read(os.environ) if is_own else []
        if origins:
            await self._open(message, origins)
        elif not self._is_replaced:
            await self._send(message)

    async def _open(self, head: Message, origins: list[str]) -> None:
        # Of a process that mostly hands on, and has answered by itself now: else it would import all APIs.
        from crosslate.service.http.cross_origin import rules
        from crosslate.service.http.dialects.registry import DIALECTS

        told, asked = rules(origins, DIALECTS), Headers(scope=self._scope)
        if self._scope["method"] != "OPTIONS" or "access-control-request-method" not in asked:
            await told.send(head, self._send, asked)
            return
        self._is_replaced = True
        answer = told.preflight_response(asked)
        if request_id := MutableHeaders(scope=head).get("x-request-id"):
            answer.headers["X-Request-ID"] = request_id
        await answer(self._scope, self._receive, self._send)
