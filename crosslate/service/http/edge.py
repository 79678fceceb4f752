"""What Ray Serve hears of a client's headers: nothing that steers it, and a request id that is fit to log.

Serve takes orders from request headers: to work on after the client has left, to cut a request off, to prefer
a replica. None of that is for any caller to decide. The headers have gone when Serve looks: it runs this
middleware before its own, in its proxy and in each replica, where
`RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH` names `middlewares`.
"""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crosslate.service.http.edge_origins import EdgeOriginsMiddleware
from crosslate.service.http.request_id import HEADER, request_id

CALLBACK = "crosslate.service.http.edge.middlewares"

_STEERING = frozenset(
    {
        b"x-request-disconnect-disabled",
        b"x-request-timeout-seconds",
        b"x-session-id",
        b"serve-multiplexed-model-id",
    }
)
_STEERING_PREFIX = b"x-serve-"


class EdgeMiddleware:
    """Drops the headers that steer Serve, and leaves exactly one request id that is as it should be.

    An answer's head leaves with the beginning of its body. HAProxy gives a request to another replica as long
    as nothing of an answer has come; between head and body Serve lets others have their turn, and a replica
    that was killed then would cost the client its answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on without them."""
        if "headers" in scope:
            kept = [item for item in scope["headers"] if item[0] != HEADER and not _steers(item[0])]
            scope["headers"] = [*kept, (HEADER, request_id(scope["headers"]).encode("ascii"))]
        await self._app(scope, receive, _head_with_body(send) if scope["type"] == "http" else send)


def _head_with_body(send: Send) -> Send:
    head: list[Message] = []

    async def send_together(message: Message) -> None:
        if message["type"] == "http.response.start":
            head.append(message)
            return
        if head:
            await send(head.pop())
        await send(message)

    return send_together


def middlewares() -> list[Middleware]:
    """For Serve's callback; the innermost first."""
    return [Middleware(EdgeOriginsMiddleware), Middleware(EdgeMiddleware)]


def _steers(name: bytes) -> bool:
    """Serve reads some of them with `-` or `_` alike, and in any case."""
    plain = name.lower().replace(b"_", b"-")
    return plain in _STEERING or plain.startswith(_STEERING_PREFIX)
