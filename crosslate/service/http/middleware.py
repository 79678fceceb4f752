"""What every request passes: an id, one log line, one count, and an answer whatever fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crosslate.service.http.dialect import Dialect, RequestState, state_of
from crosslate.service.http.edge_origins import mark
from crosslate.service.http.errors import BrokenOffError
from crosslate.service.http.in_flight import InFlight
from crosslate.service.http.request_id import request_id
from crosslate.service.logs.logging import Logger
from crosslate.service.serving.metrics import ServiceMetrics
from crosslate.service.serving.serving import RequestRecord

_UNMATCHED = "unmatched"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OTHER_METHOD = "other"
"""In the metrics: a client may send any word for a method, and each would be a series."""
QUIET_ROUTES = frozenset({"/livez", "/readyz", "/health", "/metrics"})
_FAILURE = 500
CLIENT_GONE = 499
"""Logged where the client left before the answer (nginx's number)."""


def known_method(scope: Scope) -> str:
    """Of a request; one that clients made up is `other`."""
    method: str = scope["method"]
    return method if method in _METHODS else _OTHER_METHOD


def route_of(scope: Scope) -> str:
    """The template of the path, once the request is routed."""
    return str(getattr(scope.get("route"), "path", _UNMATCHED))


class RequestMiddleware:
    """Outermost: request id in and out, log line, count."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        default: Dialect,
        in_flight: InFlight,
        metrics: ServiceMetrics,
        logger: Logger,
        adds_request_id: bool,
    ) -> None:
        self._app = app
        self._default = default
        self._in_flight = in_flight
        self._adds_request_id = adds_request_id
        self._metrics = metrics
        self._logger = logger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = RequestRecord(request_id(scope["headers"]))
        RequestState(record, self._default).keep(scope)
        sender = StatusSender(send, record.request_id if self._adds_request_id else None)
        started = time.perf_counter()
        try:
            with self._in_flight.track():
                await self._app(scope, receive, sender)
        finally:
            self._finish(scope, record, sender.status, time.perf_counter() - started)

    def _finish(self, scope: Scope, record: RequestRecord, status: int | None, duration_s: float) -> None:
        status = CLIENT_GONE if status is None else status
        route = route_of(scope)
        self._metrics.observe_http(known_method(scope), route, status)
        fields: dict[str, Any] = {
            "method": scope["method"],
            "route": route,
            "status": status,
            "duration_ms": round(duration_s * 1000, 2),
            "error": record.error_code,
            "reason": record.reason,
            "model": record.model,
            "texts": record.num_texts,
            "characters": record.num_characters,
            "key": record.key_name,
            "request_id": record.request_id,
            "trace_id": record.trace_id,
        }
        self._level_of(route, status)(
            "request", **{name: value for name, value in fields.items() if value is not None}
        )

    def _level_of(self, route: str, status: int) -> Callable[..., object]:
        """Probes ask every few seconds, and are no failures while a replica stops."""
        if route in QUIET_ROUTES:
            return self._logger.debug
        return self._logger.warning if status >= _FAILURE else self._logger.info


class DefectMiddleware:
    """Renders a 500 for what nobody caught, and logs where it was."""

    def __init__(self, app: ASGIApp, *, logger: Logger) -> None:
        self._app = app
        self._logger = logger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sender = send if isinstance(send, StatusSender) else StatusSender(send, None)
        try:
            await self._app(scope, receive, sender)
        except BrokenOffError:
            raise  # what went wrong is written and logged; the server cuts the connection
        except ClientDisconnect:
            # In the middle of its body: no defect of ours. Nobody hears this, but servers want an answer.
            await Response(status_code=CLIENT_GONE)(scope, receive, sender)
        except Exception as error:
            state = state_of(scope)
            said = state.told(error, self._logger)
            if sender.status is not None:
                raise
            response = state.dialect.error_response(said, state.record.request_id)
            await response(scope, receive, sender)


class StatusSender:
    """Sends on what the application answers, adding the request id if one is given; remembers the status."""

    def __init__(self, send: Send, request_id: str | None) -> None:
        self._send = send
        self._headers = [] if request_id is None else [(b"x-request-id", request_id.encode("ascii"))]
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            mark(message)
            if self._headers:
                message["headers"] = [*message.get("headers", ()), *self._headers]
        await self._send(message)
