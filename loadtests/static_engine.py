"""What `loadtests.static_batching` runs in its replicas: engines behind `@serve.batch`, in two services."""

# No `from __future__ import annotations` here: Ray reads the types of what it calls.
import asyncio
from collections.abc import AsyncGenerator
from typing import Any, cast

import torch
from fastapi import FastAPI
from ray import serve
from starlette.requests import Request

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import AlignmentRequest, GenerationOutput, GenerationRequest
from crosslate.models.loading import load_engine, load_model
from crosslate.service.assembly import assemble_gateway
from crosslate.service.loading.loading import served_model
from crosslate.service.logs.logging import create_logger
from crosslate.service.serving.metering import MeteredEngine
from crosslate.service.serving.metrics import ModelLabels, ServiceMetrics, render_metrics
from crosslate.service.settings.config import ModelSettings, Settings

MODEL = "starter/en-pt"
MAX_BATCH_SIZE = 32
BATCH_WAIT_S = 0.01


class StaticEngine:
    """An `EngineClient` that serves each batch from its first step to its last."""

    def __init__(self, engine: Engine, num_threads: int) -> None:
        self.engine = engine
        self._num_threads = num_threads

    async def generate(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> GenerationOutput:
        """With whatever else comes at about the same time. It knows no time limits."""
        return await self._generate(request)

    async def stream(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> AsyncGenerator[list[int] | GenerationOutput, None]:
        """All at once, at the end."""
        output = await self.generate(request)
        yield output.token_ids
        yield output

    async def align(self, request: AlignmentRequest, *, timeout_s: float | None = None) -> FloatArray:
        """One pair at a time."""
        align = self.engine.align
        maps = await asyncio.to_thread(align, request.source_ids, request.target_ids, request.attention)
        return cast("FloatArray", maps.numpy())

    @serve.batch(max_batch_size=MAX_BATCH_SIZE, batch_wait_timeout_s=BATCH_WAIT_S)
    async def _generate(self, requests: list[GenerationRequest]) -> list[GenerationOutput]:
        return await asyncio.to_thread(self._decode, requests)

    def _decode(self, requests: list[GenerationRequest]) -> list[GenerationOutput]:
        torch.set_num_threads(self._num_threads)
        return self.engine.generate(requests)


class StaticGateway:
    """As `crosslate.service.deployment.replicas.GatewayReplica`, with a static engine."""

    async def __init__(self, num_threads: int) -> None:  # type: ignore[misc]  # Ray awaits a constructor
        settings = Settings(models=(ModelSettings(id=MODEL),))
        metrics = ServiceMetrics()
        loaded = load_model(MODEL)
        engine = StaticEngine(loaded.make_engine(), num_threads)
        metered = MeteredEngine(engine, metrics, ModelLabels(MODEL, loaded.task))

        async def rendered() -> bytes:
            return render_metrics({"static": metrics.snapshot()})

        self._gateway = await assemble_gateway(
            settings,
            [served_model(settings.models[0], loaded, metered)],
            metrics,
            rendered,
            create_logger(settings.log),
            stopped_models=list,
            server_echoes_request_id=True,
        )

    def __serve_build_asgi_app__(self) -> FastAPI:
        """Ray asks for this after the constructor."""
        return self._gateway.app


class BareHandler:
    """The shortest handler that one can write."""

    def __init__(self, num_threads: int) -> None:
        engine = load_engine(MODEL)
        self._tokenizer = engine.tokenizer
        self._engine = StaticEngine(engine, num_threads)

    async def __call__(self, request: Request) -> dict[str, Any]:
        """English to Portuguese."""
        text = (await request.json())["text"]
        source_ids = self._tokenizer.encode_source(text, "en", "pt")
        output = await self._engine.generate(GenerationRequest(source_ids=source_ids))
        return {"translations": [{"text": self._tokenizer.decode(output.token_ids)}]}


def build_app(num_replicas: int, num_threads: int, *, is_bare: bool) -> serve.Application:
    """Replicas of one engine each, on so many threads."""
    deploy = serve.deployment(
        num_replicas=num_replicas, max_ongoing_requests=4096, ray_actor_options={"num_cpus": 1}
    )
    return deploy(BareHandler if is_bare else serve.ingress()(StaticGateway)).bind(num_threads)
