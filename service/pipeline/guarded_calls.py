"""Asking an engine for outputs; with a guard, degenerate ones are tried a second time."""

from __future__ import annotations

from collections.abc import AsyncIterator

from models.engine.request import GenerationOutput, GenerationRequest
from service.pipeline.engine_calls import EngineCalls
from service.pipeline.guard import (
    Judge,
    Judged,
    SecondTry,
    second_params,
    with_second_try,
    without_second_try,
)
from service.pipeline.types import EngineClient
from service.streams import closing


class GuardedCalls:
    """The calls for one text to one engine, and the verdicts on what it answers.

    Args:
        calls: of the request that the text is from.
        engine: the one to ask.
        has_guard: without it, every output is given as it comes.
        second_try: what a second try changes.
    """

    def __init__(
        self,
        calls: EngineCalls,
        engine: EngineClient,
        *,
        has_guard: bool,
        second_try: SecondTry = second_params,
    ) -> None:
        self._calls = calls
        self._engine = engine
        self._has_guard = has_guard
        self._second_try = second_try

    async def generate(self, request: GenerationRequest, judge: Judge) -> Judged:
        """The finished output."""
        output = await self._generate(request)
        return await self._judged(request, output, judge)

    async def stream(self, request: GenerationRequest, judge: Judge) -> AsyncIterator[list[int] | Judged]:
        """Token ids as they come, then the finished output.

        What has been streamed cannot be taken back: only outputs that come whole are tried again.
        """
        has_streamed = False
        output: GenerationOutput | None = None
        async with closing(self._calls.stream(self._engine, request)) as items:
            async for item in items:
                if isinstance(item, GenerationOutput):
                    output = item
                else:
                    has_streamed = True
                    yield item
        if output is None:
            raise RuntimeError("the engine's stream ended without an output")
        if has_streamed and self._has_guard:
            yield without_second_try(output, judge)
        else:
            yield await self._judged(request, output, judge)

    async def _generate(self, request: GenerationRequest) -> GenerationOutput:
        return await self._calls.generate(self._engine, request)

    async def _judged(self, request: GenerationRequest, output: GenerationOutput, judge: Judge) -> Judged:
        if not self._has_guard:
            return Judged(output)
        return await with_second_try(request, output, judge, self._generate, self._second_try)
