"""Forms of a request that mean the same as the plain one: `HEAD`, and a slash at a path's end."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


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
