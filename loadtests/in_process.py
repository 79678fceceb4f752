"""The whole service but for Ray, in this process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from crosslate.service.assembly import LocalEngines, assemble_gateway
from crosslate.service.logs.logging import Logger, create_logger
from crosslate.service.serving.metrics import ServiceMetrics, render_metrics
from crosslate.service.settings.config import LogSettings, Settings


@asynccontextmanager
async def in_process_client(
    settings: Settings, logger: Logger | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway with these models, as a replica has it; it waits as long as it takes."""
    metrics, logger = ServiceMetrics(), logger or create_logger(LogSettings(level="error"))
    engines = await LocalEngines.load(settings.models, settings.gateway, metrics, logger)

    async def metrics_text() -> bytes:
        return render_metrics({"in_process": metrics.snapshot()})

    try:
        gateway = await assemble_gateway(
            settings,
            engines.served,
            metrics,
            metrics_text,
            logger,
            server_echoes_request_id=False,
            stopped_models=engines.stopped,
        )
        transport = httpx.ASGITransport(app=gateway.app)
        try:
            async with httpx.AsyncClient(
                transport=transport, base_url="http://local", timeout=None
            ) as client:
                yield client
        finally:
            await gateway.close()
    finally:
        engines.close()
