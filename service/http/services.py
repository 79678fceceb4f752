"""What the HTTP application is given to work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from service.config import Settings
from service.http.in_flight import InFlight
from service.http.readiness import Readiness
from service.logging import Logger
from service.metrics import ServiceMetrics
from service.pipeline.types import ServedModel
from service.serving import Serving
from service.usage import Uncounted, UsageReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything injected, nothing looked up."""

    settings: Settings
    models: Sequence[ServedModel]
    serving: Serving
    readiness: Readiness
    in_flight: InFlight
    metrics: ServiceMetrics
    render_metrics: Callable[[], Awaitable[bytes]]
    """Of all replicas: see `service.metrics.render_metrics`."""
    logger: Logger
    usage: UsageReader = field(default_factory=Uncounted)
    server_echoes_request_id: bool = False
    """Ray Serve's server adds `X-Request-ID` to every response itself."""
