"""Plain routes; and forms of a request that mean the same as the plain one: `HEAD`, a slash at the end."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class PlainRoute(APIRoute):
    """A route whose function takes the request and gives the response: there is nothing to find out for it.

    FastAPI would read query, headers and cookies for parameters that there are none of.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The function itself."""
        handler: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return handler


class LenientRoutingMiddleware:
    """Answers `HEAD` as `GET` without the body (RFC 9110, 9.3.2), and `/path/` as `/path`.

    At once, without a redirect, which many clients do not follow for a POST.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        # A copy: the server, the log and the metrics go by what was asked for.
        plain = {**scope, "path": _without_last_slash(scope), "method": "GET" if is_head else scope["method"]}
        try:
            await self._app(plain, receive, _without_body(send) if is_head else send)
        finally:
            if "route" in plain:
                scope["route"] = plain["route"]


def _without_last_slash(scope: Scope) -> str:
    path: str = scope["path"]
    start = f"{scope.get('root_path', '')}/"
    return path.rstrip("/") if path.rstrip("/").startswith(start) else path


def _without_body(send: Send) -> Send:
    async def send_headers(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_headers
