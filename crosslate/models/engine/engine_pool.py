"""Several engines over the same weights, each with a thread and a batch of its own.

A small network's operations are too short to be shared among threads: two engines of one thread each do
more than one engine of two. The weights are in memory once.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.async_engine import AsyncEngine
from crosslate.models.engine.request import AlignmentRequest, GenerationOutput, GenerationRequest
from crosslate.models.engine.stats import EngineStats
from crosslate.models.errors import EngineUnavailableError


class EnginePool:
    """Gives each request to the healthy engine with the least to do; otherwise as `AsyncEngine`.

    Where none is left, every request raises `EngineUnavailableError`.
    """

    def __init__(self, engines: Sequence[AsyncEngine]) -> None:
        if not engines:
            raise ValueError("a pool needs an engine")
        self._engines = engines

    async def generate(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> GenerationOutput:
        """See `AsyncEngine.generate`."""
        return await self._idlest().generate(request, timeout_s=timeout_s)

    async def align(self, request: AlignmentRequest, *, timeout_s: float | None = None) -> FloatArray:
        """See `AsyncEngine.align`."""
        return await self._idlest().align(request, timeout_s=timeout_s)

    def stream(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> AsyncGenerator[list[int] | GenerationOutput, None]:
        """See `AsyncEngine.stream`."""
        return self._idlest().stream(request, timeout_s=timeout_s)

    def stats(self) -> EngineStats:
        """The sums over all engines."""
        return EngineStats.total([engine.stats() for engine in self._engines])

    @property
    def num_healthy(self) -> int:
        """Engines that take requests."""
        return sum(engine.is_healthy for engine in self._engines)

    @property
    def is_healthy(self) -> bool:
        """Whether every engine is: while some are left they answer, but the process is to be replaced."""
        return self.num_healthy == len(self._engines)

    def close(self, timeout_s: float = 10.0) -> None:
        """See `AsyncEngine.close`."""
        for engine in self._engines:
            engine.close(timeout_s)

    def _idlest(self) -> AsyncEngine:
        healthy = [engine for engine in self._engines if engine.is_healthy]
        if not healthy:
            raise EngineUnavailableError("no engine of this model steps any more")
        return min(healthy, key=lambda engine: engine.load)
