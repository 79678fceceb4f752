"""Where traces of requests are sent, and of how many."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from crosslate.service.section import Section


class TracingSettings(Section):
    """Spans for an OpenTelemetry collector; what is left out is as the variables `OTEL_…` say."""

    endpoint: str | None = None
    """A collector that speaks OTLP over HTTP, such as `http://collector:4318`; `/v1/traces` is added where it
    has no path. By default that of `OTEL_EXPORTER_OTLP_ENDPOINT`; without either, no traces."""
    sample_ratio: Annotated[float, Field(ge=0, le=1)] | None = None
    """Of the requests that come without a trace of their client's; one that has decided stays with it. By
    default `OTEL_TRACES_SAMPLER`'s, which is all of them."""
    service_name: Annotated[str, Field(min_length=1)] | None = None
    """By default `OTEL_SERVICE_NAME`, or `crosslate`."""

    @model_validator(mode="after")
    def _check_endpoint(self) -> Self:
        if self.endpoint is not None:
            parts = urlsplit(self.endpoint)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise ValueError("endpoint: begins with http:// or https:// and names a host")
        return self
