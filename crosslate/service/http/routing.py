"""Plain routes; forms of a request that mean the same, `HEAD` and slashes; and what paths take."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class PlainRoute(APIRoute):
    """A route whose function takes the request and gives the response: there is nothing to find out for it.

    FastAPI would read query, headers and cookies for parameters that there are none of, and keep open for
    each request what dependencies open. What the function raises is answered by the application.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401
        super().__init__(path, endpoint, **options)
        self.app = self._answer

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        response: Response = await self.endpoint(Request(scope, receive, send))
        await response(scope, receive, send)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The function itself."""
        handler: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return handler


class LenientRoutingMiddleware:
    """Answers `HEAD` as `GET` without the body (RFC 9110, 9.3.2), and `/path/` and `//path` as `/path`.

    Two slashes come from a server's address that was written with one at its end. They are answered at once,
    without a redirect, which many clients do not follow for a POST.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"
        path = _plain_path(scope)
        if path == scope["path"] and not is_head:
            await self._app(scope, receive, send)
            return
        # A copy: the server, the log and the metrics go by what was asked for.
        plain = {**scope, "path": path, "method": "GET" if is_head else scope["method"]}
        try:
            await self._app(plain, receive, _without_body(send) if is_head else send)
        finally:
            if "route" in plain:
                scope["route"] = plain["route"]


def allowed_methods(routes: Iterable[BaseRoute], scope: Scope) -> str:
    """What a path takes by any of its routes, for `Allow` (RFC 9110, 10.2.1)."""
    taken = [method for method in _METHODS if _takes(routes, {**scope, "method": method})]
    return ", ".join(taken + (["HEAD"] if "GET" in taken else []))


def _takes(routes: Iterable[BaseRoute], scope: Scope) -> bool:
    matching = (route for route in routes if route.matches(scope)[0] is Match.FULL)
    return any(not hasattr(route, "routes_of") or _takes(route.routes_of(scope), scope) for route in matching)


def _plain_path(scope: Scope) -> str:
    path: str = scope["path"]
    root = scope.get("root_path", "")
    if path.startswith(f"{root}//"):
        path = f"{root}/{path.removeprefix(root).lstrip('/')}"
    return path.rstrip("/") if path.rstrip("/").startswith(f"{root}/") else path


def _without_body(send: Send) -> Send:
    async def send_headers(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_headers
