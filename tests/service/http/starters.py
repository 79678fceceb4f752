"""The application over the starter models, and the examples of its description."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from models.model_files import starter_names
from service.assembly import assemble_gateway
from service.config import LogSettings, ModelSettings, Settings
from service.loading import LocalModel, load_local_model
from service.logging import create_logger
from service.metrics import ServiceMetrics, render_metrics
from service.pipeline.types import ServedModel


@contextmanager
def loaded_starters() -> Iterator[list[LocalModel]]:
    """All of them, each with one thread, until their engines are closed."""
    settings = [
        ModelSettings(id=name, dtype="float32", num_engines=1, target_batch=64) for name in starter_names()
    ]
    loaded = [load_local_model(one, num_threads=1) for one in settings]
    try:
        yield loaded
    finally:
        for model in loaded:
            model.engine.close()


@asynccontextmanager
async def starter_client(models: Sequence[LocalModel]) -> AsyncIterator[httpx.AsyncClient]:
    """Of the application over them."""
    transport = httpx.ASGITransport(app=await starter_app([model.served for model in models]))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def starter_app(models: Sequence[ServedModel]) -> FastAPI:
    """As a replica has it."""
    metrics = ServiceMetrics()

    async def metrics_text() -> bytes:
        return render_metrics({"r1": metrics.snapshot()})

    logger = create_logger(LogSettings(format="json"), io.StringIO())
    gateway = await assemble_gateway(
        Settings(),
        models,
        metrics,
        metrics_text,
        logger,
        server_echoes_request_id=False,
        stopped_models=tuple,
    )
    return gateway.app


def paths_of(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Method and path of each operation."""
    return {
        described["operationId"]: (method.upper(), path)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    }


async def ask(client: httpx.AsyncClient, at: tuple[str, str], example: dict[str, Any]) -> httpx.Response:
    """The answer to an example, for the method and path of its operation."""
    body = {"json": example["request"]} if "request" in example else {}
    return await client.request(*at, **body, headers={"X-Request-ID": "example-1"})


def answer_of(response: httpx.Response) -> Any:
    """As an example shows it."""
    return response.json() if "json" in response.headers["content-type"] else response.text
