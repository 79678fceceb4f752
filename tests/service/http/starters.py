"""The application over the starter models, and the examples of its description."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx

from crosslate.models.checkpoints.model_files import starter_names
from crosslate.service.assembly import Gateway, assemble_gateway
from crosslate.service.http.openapi import examples
from crosslate.service.loading.loading import LocalModel, load_local_model
from crosslate.service.logs.logging import create_logger
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.serving.metrics import ServiceMetrics, render_metrics
from crosslate.service.settings.config import LogSettings, ModelSettings, Settings

_GLOSSARIES = "/v1/glossaries"
_REQUEST_ID = {"X-Request-ID": "example-1"}


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
    with tempfile.TemporaryDirectory() as folder:
        gateway = await starter_gateway([model.served for model in models], Path(folder))
        transport = httpx.ASGITransport(app=gateway.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client
        await gateway.close()


async def starter_gateway(models: Sequence[ServedModel], state_dir: Path) -> Gateway:
    """As a replica has it."""
    metrics = ServiceMetrics()

    async def metrics_text() -> bytes:
        return render_metrics({"r1": metrics.snapshot()})

    logger = create_logger(LogSettings(format="json"), io.StringIO())
    return await assemble_gateway(
        Settings(state_dir=state_dir),
        models,
        metrics,
        metrics_text,
        logger,
        server_echoes_request_id=False,
        stopped_models=tuple,
    )


def paths_of(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Method and path of each operation."""
    return {
        described["operationId"]: (method.upper(), path)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    }


async def ask(client: httpx.AsyncClient, at: tuple[str, str], example: dict[str, Any]) -> httpx.Response:
    """The answer to an example, for the method and path of its operation."""
    if "/documents" in at[1]:
        return await _ask_document(client, at, example)
    if "/glossaries" in at[1]:
        return await _ask_glossary(client, at, example)
    body = {"json": example["request"]} if "request" in example else {}
    return await client.request(*at, **body, headers=_REQUEST_ID)


async def _ask_glossary(
    client: httpx.AsyncClient, at: tuple[str, str], example: dict[str, Any]
) -> httpx.Response:
    """Where there is the one that the first example keeps, and none afterwards."""
    kept = example.get("request", examples()["create_glossary"]["kept"]["request"])
    made = await client.post(_GLOSSARIES, json=kept, headers=_REQUEST_ID)
    if "request" in example and made.is_error:
        return made
    where = f"{_GLOSSARIES}/{made.json()['id']}"
    pair = {"source_lang": "en", "target_lang": "pt"} if at[1].endswith("/entries") else {}
    path = at[1].replace(f"{_GLOSSARIES}/{{glossary_id}}", where)
    answer = made if "request" in example else await client.request(at[0], path, params=pair)
    await client.delete(where)
    return answer


async def _ask_document(
    client: httpx.AsyncClient, at: tuple[str, str], example: dict[str, Any]
) -> httpx.Response:
    """Of a small document, which is finished where the path is that of one."""
    method, path = at
    form = dict(example.get("request", {"target_lang": "pt", "source_lang": "en"}))
    form.pop("file", None)
    sent = await client.post("/v1/documents", files={"file": ("a.txt", b"The black cat sleeps.")}, data=form)
    if "{" not in path:
        return sent
    where = f"/v1/documents/{sent.json()['id']}"
    async with asyncio.timeout(60):
        while (await client.get(where)).json()["state"] not in {"done", "failed"}:
            await asyncio.sleep(0.02)
    return await client.request(method, path.replace("/v1/documents/{document_id}", where))


def answer_of(response: httpx.Response) -> Any:
    """As an example shows it."""
    return response.json() if "json" in response.headers["content-type"] else response.text
