"""A collector that speaks OTLP over HTTP, and keeps what it is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Collector:
    """What came, in the order in which it came."""

    url: str
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    exports: list[ExportTraceServiceRequest] = field(default_factory=list)

    @property
    def spans(self) -> list[Span]:
        """Of all exports, by when they began."""
        found = [
            span
            for export in self.exports
            for resource in export.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]
        return sorted(found, key=lambda span: (span.start_time_unix_nano, -span.end_time_unix_nano))

    @property
    def service_names(self) -> set[str]:
        """That the spans came from."""
        resources = [resource.resource for export in self.exports for resource in export.resource_spans]
        return {str(attributes(resource)["service.name"]) for resource in resources}

    def named(self, name: str) -> list[Span]:
        """The spans with a name."""
        return [span for span in self.spans if span.name == name]

    def within(self, parent: Span) -> list[Span]:
        """The spans that a span is the parent of."""
        return [span for span in self.spans if span.parent_span_id == parent.span_id]


def attributes(holder: Any) -> dict[str, object]:
    """Of a span or a resource, as Python has them."""
    return {item.key: _plain(item) for item in holder.attributes}


def _plain(item: KeyValue) -> object:
    kind = item.value.WhichOneof("value")
    assert kind is not None
    value = getattr(item.value, kind)
    return [each.string_value for each in value.values] if kind == "array_value" else value


@contextmanager
def collecting(port: int = 0) -> Iterator[Collector]:
    """A collector on a port of the loopback address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.paths.append(self.path)
            collector.headers.append({name.lower(): value for name, value in self.headers.items()})
            collector.exports.append(ExportTraceServiceRequest.FromString(body))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
