"""An engine that counts what passes through it; its users notice nothing."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.request import AlignmentRequest, GenerationOutput, GenerationRequest
from crosslate.service.pipeline.engines.served_model import EngineClient
from crosslate.service.serving.metrics import ModelLabels, ServiceMetrics


class MeteredEngine:
    """An `EngineClient` that counts tokens and times."""

    def __init__(self, engine: EngineClient, metrics: ServiceMetrics, labels: ModelLabels) -> None:
        self._engine = engine
        self._metrics = metrics
        self._labels = labels

    async def generate(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> GenerationOutput:
        output = await self._engine.generate(request, timeout_s=timeout_s)
        self._metrics.observe_output(self._labels, output)
        return output

    async def stream(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> AsyncGenerator[list[int] | GenerationOutput, None]:
        last = time.perf_counter()
        is_first = True
        async with aclosing(self._engine.stream(request, timeout_s=timeout_s)) as items:
            async for item in items:
                now = time.perf_counter()
                if isinstance(item, GenerationOutput):
                    self._metrics.observe_output(self._labels, item)
                elif is_first:
                    self._metrics.observe_first_token(self._labels, now - last)
                    is_first = False
                else:
                    self._metrics.observe_inter_token(self._labels, (now - last) / max(len(item), 1))
                last = now
                yield item

    async def align(self, request: AlignmentRequest, *, timeout_s: float | None = None) -> FloatArray:
        return await self._engine.align(request, timeout_s=timeout_s)
