"""What the HTTP application is given to work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from crosslate.service.documents.jobs.opening import Documents
from crosslate.service.glossaries.glossaries import Glossaries
from crosslate.service.http.front import Front
from crosslate.service.http.in_flight import InFlight
from crosslate.service.http.readiness import Readiness
from crosslate.service.logs.logging import Logger
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.text.text_worker import TextWorker
from crosslate.service.serving.metrics import ServiceMetrics
from crosslate.service.serving.serving import Serving
from crosslate.service.settings.config import Settings

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything injected, nothing looked up."""

    settings: Settings
    models: Sequence[ServedModel]
    serving: Serving
    glossaries: Glossaries
    documents: Documents
    readiness: Readiness
    in_flight: InFlight
    metrics: ServiceMetrics
    render_metrics: Callable[[], Awaitable[bytes]]
    """Of all replicas: see `crosslate.service.serving.metrics.render_metrics`."""
    text_worker: TextWorker
    """Writes large answers."""
    logger: Logger
    front: Front | None = None
    """What a probe asks that did not come through it itself; None: nothing is in front."""
    tracer: Tracer | None = None
    """None: requests are not traced."""
    server_echoes_request_id: bool = False
    """Ray Serve's server adds `X-Request-ID` to every response itself."""
