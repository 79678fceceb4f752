"""What makes spans and sends them: off unless the settings or OpenTelemetry's variables name a collector.

The SDK is imported only where traces are on. Nothing of it is registered for the process: each gateway has
its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from crosslate.service.logs.logging import Logger
from crosslate.service.tracing.settings import TracingSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.sdk.trace.sampling import Sampler
    from opentelemetry.trace import Tracer

_NAME = "crosslate"
_SDK = "opentelemetry"
_PATH = "/v1/traces"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL = "http/protobuf"
_LAST_SPANS_S = 3.0
"""To send what is left when a replica goes."""


@dataclass(frozen=True, slots=True)
class Tracing:
    """The spans of one process."""

    tracer: Tracer
    _provider: TracerProvider
    _exporter: SpanExporter
    _failures: logging.Handler

    @classmethod
    def open(cls, settings: TracingSettings, environ: Mapping[str, str], logger: Logger) -> Self | None:
        """None where nobody wants any.

        Args:
            settings: what is set there comes before the variables.
            environ: OpenTelemetry's variables; the SDK itself reads those on how to send and to sample.
            logger: gets a line when spans cannot be sent.
        """
        if not _is_wanted(settings, environ):
            return None
        protocol = _first(environ, _PROTOCOLS)
        if settings.endpoint is None and protocol not in {None, _PROTOCOL}:
            reason = f"{_PROTOCOLS[1]} is {protocol}: set it to {_PROTOCOL}, or tracing.endpoint"
            logger.error("tracing_off", reason=reason)
            return None

        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        name = settings.service_name or environ.get("OTEL_SERVICE_NAME") or _NAME
        provider = TracerProvider(
            sampler=_sampler(settings), resource=Resource.create({SERVICE_NAME: name}), shutdown_on_exit=False
        )
        endpoint = None if settings.endpoint is None else _with_path(settings.endpoint)
        exporter = OTLPSpanExporter(endpoint)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        failures = _Failures(logger)
        logging.getLogger(_SDK).addHandler(failures)
        return cls(provider.get_tracer(_NAME), provider, exporter, failures)

    async def close(self) -> None:
        """Send what is left, for a moment at most where the collector does not answer. Once is enough."""
        sending = asyncio.ensure_future(asyncio.to_thread(self._provider.force_flush))
        await asyncio.wait([sending], timeout=_LAST_SPANS_S)
        logging.getLogger(_SDK).removeHandler(self._failures)
        if not sending.done():
            self._exporter.shutdown()
        await asyncio.to_thread(self._provider.shutdown)


def _is_wanted(settings: TracingSettings, environ: Mapping[str, str]) -> bool:
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    if settings.endpoint is not None:
        return True
    return _first(environ, _ENDPOINTS) is not None and environ.get("OTEL_TRACES_EXPORTER") != "none"


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environ[name] for name in names if environ.get(name)), None)


def _with_path(endpoint: str) -> str:
    return endpoint if urlsplit(endpoint).path.strip("/") else endpoint.rstrip("/") + _PATH


def _sampler(settings: TracingSettings) -> Sampler | None:
    """None: as the variables say."""
    from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio

    return None if settings.sample_ratio is None else ParentBasedTraceIdRatio(settings.sample_ratio)


class _Failures(logging.Handler):
    """The SDK's warnings as lines of ours."""

    def __init__(self, logger: Logger) -> None:
        super().__init__(logging.WARNING)
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        self._logger.warning("tracing_failed", reason=record.getMessage())
