from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from crosslate.service.logs.logging import create_logger
from crosslate.service.settings.config import LogSettings
from crosslate.service.settings.config_sources import load_settings
from crosslate.service.tracing.settings import TracingSettings
from crosslate.service.tracing.tracing import Tracing
from tests.service.http.fakes import Service, create_service, unavailable
from tests.service.tracing.collector import Collector, attributes, collecting

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN_ID = "00f067aa0ba902b7"
SAMPLED, UNSAMPLED = f"00-{TRACE_ID}-{SPAN_ID}-01", f"00-{TRACE_ID}-{SPAN_ID}-00"
ONE = {"text": "Yes.", "target_lang": "de"}

Post = Callable[..., httpx.Response]


def opened(environ: Mapping[str, str], log: io.StringIO, **settings: object) -> Tracing | None:
    """As the settings and the variables say."""
    logger = create_logger(LogSettings(format="json"), log)
    return Tracing.open(TracingSettings.model_validate(settings), environ, logger)


@asynccontextmanager
async def traced(
    environ: Mapping[str, str] | None = None, **settings: object
) -> AsyncIterator[tuple[Service, httpx.AsyncClient]]:
    """A service without models, and its client."""
    tracing = opened(environ or {}, io.StringIO(), **settings)
    assert tracing is not None
    service = create_service(tracer=tracing.tracer)
    transport = httpx.ASGITransport(app=service.app, raise_app_exceptions=False)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield service, client
    finally:
        await tracing.close()


def logged(service: Service) -> list[dict[str, object]]:
    return [json.loads(line) for line in service.log.getvalue().splitlines() if '"request"' in line]


async def test_a_request_is_a_span_in_its_clients_trace() -> None:
    with collecting() as collector:
        async with traced(endpoint=collector.url) as (service, client):
            headers = {"traceparent": SAMPLED, "tracestate": "a=b", "X-Request-ID": "mine"}
            await client.post("/v1/translate", json=ONE, headers=headers)
    assert collector.paths == ["/v1/traces"]
    assert collector.service_names == {"crosslate"}
    (span,) = collector.spans
    assert (span.name, span.kind) == ("POST /v1/translate", Span.SPAN_KIND_SERVER)
    assert (span.trace_id.hex(), span.parent_span_id.hex(), span.trace_state) == (TRACE_ID, SPAN_ID, "a=b")
    assert attributes(span) == {
        "http.request.method": "POST",
        "http.route": "/v1/translate",
        "http.response.status_code": 200,
        "crosslate.request_id": "mine",
        "crosslate.model": "starter/en-pt",
        "crosslate.texts": 1,
        "crosslate.characters": 4,
    }
    (line,) = logged(service)
    assert (line["request_id"], line["trace_id"]) == ("mine", TRACE_ID)


async def test_there_are_no_spans_but_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    transport = httpx.ASGITransport(app=create_service().app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.post("/v1/translate", json=ONE)
        await client.post("/v1/translate", json=[])
    assert not exporter.get_finished_spans()


async def test_failures_are_marked_and_nothing_of_a_text_is_told() -> None:
    with collecting() as collector:
        async with traced(endpoint=collector.url) as (service, client):
            service.translator.failures = {"full": unavailable(), "defect": RuntimeError("Secret words.")}
            for text in ("full", "defect"):
                await client.post("/v1/translate", json={**ONE, "text": text})
            leaving = asyncio.create_task(client.post("/v1/translate", json={**ONE, "text": "wait"}))
            await service.translator.started.wait()
            await asyncio.sleep(0)
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            await client.get("/readyz")
            await client.request("INVENTED", "/nowhere/private")
    full, defect, gone, unknown = collector.spans
    assert (attributes(full)["error.type"], full.status.code) == ("queue_full", Status.STATUS_CODE_UNSET)
    assert (attributes(defect)["error.type"], defect.status.code) == (
        "internal_error",
        Status.STATUS_CODE_ERROR,
    )
    assert attributes(gone)["error.type"] == "client_gone"
    assert unknown.name == "other unmatched"
    assert len({span.trace_id for span in collector.spans}) == 4
    everything = b"".join(export.SerializeToString() for export in collector.exports)
    assert not [word for word in (b"Secret", b"private", b"INVENTED") if word in everything]


@pytest.mark.parametrize(
    ("ratio", "parents", "is_kept"),
    [
        (0.0, [], False),
        (0.0, [SAMPLED], True),
        (1.0, [UNSAMPLED], False),
        (None, [], True),
        (None, ["nonsense"], True),
        (None, [SAMPLED, SAMPLED], True),
    ],
)
async def test_a_clients_decision_stays_and_others_are_drawn(
    ratio: float | None, parents: list[str], is_kept: bool
) -> None:
    with collecting() as collector:
        async with traced(endpoint=collector.url, sample_ratio=ratio) as (service, client):
            headers = [("traceparent", parent) for parent in parents]
            await client.post("/v1/translate", json=ONE, headers=headers)
    (line,) = logged(service)
    is_clients = parents in ([SAMPLED], [UNSAMPLED])
    assert (line["trace_id"] == TRACE_ID) == is_clients
    assert [span.trace_id.hex() for span in collector.spans] == [line["trace_id"]] * is_kept


async def test_without_traces_the_log_has_no_id() -> None:
    service = create_service()
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        await client.post("/v1/translate", json=ONE, headers={"traceparent": SAMPLED})
    assert "trace_id" not in logged(service)[0]


async def test_the_standard_variables_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that the SDK reads itself, from the process's environment."""

    async def sent_by(collector: Collector, variables: Mapping[str, str]) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        async with traced(variables) as (_, client):
            await client.post("/v1/translate", json=ONE)

    with collecting() as collector:
        variables = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20x",
            "OTEL_SERVICE_NAME": "by-variable",
            "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=test",
        }
        await sent_by(collector, variables)
        assert collector.service_names == {"by-variable"}
        assert collector.headers[0]["authorization"] == "Bearer x"
        (resource, *_) = collector.exports[0].resource_spans
        assert attributes(resource.resource)["deployment.environment"] == "test"
        collector.exports.clear()
        await sent_by(collector, {**variables, "OTEL_TRACES_SAMPLER": "always_off"})
        assert collector.spans == []


A = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("environ", "settings", "is_on"),
    [
        ({}, {}, False),
        ({}, {"sample_ratio": 1.0}, False),
        ({}, {"endpoint": A}, True),
        ({"OTEL_SDK_DISABLED": "true"}, {"endpoint": A}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": A}, {}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": A, "OTEL_TRACES_EXPORTER": "none"}, {}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, {}, False),
    ],
)
async def test_traces_are_on_where_a_collector_is_named(
    environ: dict[str, str], settings: dict[str, object], is_on: bool
) -> None:
    tracing = opened(environ, io.StringIO(), **settings)
    assert (tracing is not None) == is_on
    if tracing is not None:
        await tracing.close()


def test_a_protocol_that_is_not_spoken_is_said() -> None:
    log = io.StringIO()
    environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": A, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    assert opened(environ, log) is None
    line = json.loads(log.getvalue())
    assert line["event"] == "tracing_off"
    assert "http/protobuf" in line["reason"]


@pytest.mark.parametrize("endpoint", ["localhost:4318", "ftp://a", "http://"])
def test_an_endpoint_is_an_address(endpoint: str) -> None:
    with pytest.raises(ValueError, match="endpoint: begins with http"):
        load_settings(environ={"CROSSLATE_TRACING__ENDPOINT": endpoint})


async def test_a_collector_that_is_away_holds_nobody_up() -> None:
    log = io.StringIO()
    tracing = opened({}, log, endpoint=f"{A}/custom/path")
    assert tracing is not None
    tracing.tracer.start_span("one").end()
    async with asyncio.timeout(60):
        await tracing.close()
        await tracing.close()
    assert json.loads(log.getvalue().splitlines()[0])["event"] == "tracing_failed"


def test_the_sdk_is_imported_only_where_traces_are_on() -> None:
    script = (
        "import sys, crosslate.service.tracing.tracing, crosslate.service.settings.config\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
