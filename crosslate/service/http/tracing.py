"""A span for each request, in its client's trace if it sends one (W3C Trace Context)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Receive, Scope, Send

from crosslate.service.http.dialect import state_of
from crosslate.service.http.middleware import QUIET_ROUTES, StatusSender, known_method, route_of
from crosslate.service.serving.serving import RequestRecord

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_PARENT, _STATE = b"traceparent", b"tracestate"


class TracingMiddleware:
    """Within `RequestMiddleware`, whose line gets the trace's id; around everything else. Not for probes."""

    def __init__(self, app: ASGIApp, *, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"] in QUIET_ROUTES:
            await self._app(scope, receive, send)
            return
        record = state_of(scope).record
        sender = StatusSender(send, None)
        method = known_method(scope)
        span = self._tracer.start_span(
            method,
            context=_trace_of(scope["headers"]),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": method, "crosslate.request_id": record.request_id},
        )
        record.trace_id = format_trace_id(span.get_span_context().trace_id)
        try:
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                await self._app(scope, receive, sender)
        finally:
            _describe(span, scope, record, sender.status)
            span.end()


def _trace_of(headers: Iterable[tuple[bytes, bytes]]) -> Context:
    """The client's; of several parents none counts, as the standard has it."""
    headers = list(headers)
    parents = [value.decode("latin-1") for name, value in headers if name == _PARENT]
    states = [value.decode("latin-1") for name, value in headers if name == _STATE]
    carrier = {"traceparent": parents[0], "tracestate": ",".join(states)} if len(parents) == 1 else {}
    return TraceContextTextMapPropagator().extract(carrier, Context())


def _describe(span: Span, scope: Scope, record: RequestRecord, status: int | None) -> None:
    """What is known at the end; the same as in the log."""
    if not span.is_recording():
        return
    route = route_of(scope)
    span.update_name(f"{known_method(scope)} {route}")
    attributes = {
        "http.route": route,
        "http.response.status_code": status,
        "crosslate.key": record.key_name,
        "crosslate.model": record.model,
        "crosslate.texts": record.num_texts,
        "crosslate.characters": record.num_characters,
        "error.type": record.error_code or ("client_gone" if status is None else None),
    }
    span.set_attributes({name: value for name, value in attributes.items() if value is not None})
    if status is not None and status >= 500:
        span.set_status(Status(StatusCode.ERROR))
