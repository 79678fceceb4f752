"""An engine whose work shows in the trace of the request that it is for; its users notice nothing."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING

from opentelemetry import trace
from opentelemetry.trace import Span, Status, StatusCode

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.request import AlignmentRequest, GenerationOutput, GenerationRequest
from crosslate.service.pipeline.engines.served_model import EngineClient

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_NS_PER_S = 1_000_000_000


class TracedEngine:
    """An `EngineClient` that makes a span of each call, if the current span is recorded.

    Within that of a generation are `queue`, `encode`, `decode` and `align`, one after the other. The engine
    measures them and they come with its answer, so that it may be in another process: they end where the
    answer came.
    """

    def __init__(self, engine: EngineClient, tracer: Tracer, model: str) -> None:
        self._engine = engine
        self._tracer = tracer
        self._model = model

    async def generate(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> GenerationOutput:
        with self._call("generate", request) as call:
            output = await self._engine.generate(request, timeout_s=timeout_s)
            call.finish(output)
        return output

    async def stream(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> AsyncGenerator[list[int] | GenerationOutput, None]:
        with self._call("generate", request) as call:
            async with aclosing(self._engine.stream(request, timeout_s=timeout_s)) as items:
                async for item in items:
                    if isinstance(item, GenerationOutput):
                        call.finish(item)
                    yield item

    async def align(self, request: AlignmentRequest, *, timeout_s: float | None = None) -> FloatArray:
        with self._call("align", request):
            return await self._engine.align(request, timeout_s=timeout_s)

    @contextmanager
    def _call(self, name: str, request: GenerationRequest | AlignmentRequest) -> Iterator[_Call]:
        """One call, from here to the end of the block.

        It does not become the current span: a stream may be left by another task than it was begun by.
        """
        parent = trace.get_current_span()
        if not parent.is_recording():
            yield _Call(self._tracer, trace.INVALID_SPAN, 0)
            return
        started_ns = time.time_ns()
        span = self._tracer.start_span(
            name,
            context=trace.set_span_in_context(parent),
            start_time=started_ns,
            attributes={
                "gen_ai.request.model": self._model,
                "gen_ai.usage.input_tokens": len(request.source_ids),
            },
        )
        try:
            yield _Call(self._tracer, span, started_ns)
        except Exception as error:
            # Not its message: a span must not be the one place that has something of a text.
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise
        except BaseException:
            span.set_attribute("error.type", "cancelled")
            raise
        finally:
            span.end()


class _Call:
    """A span under way."""

    def __init__(self, tracer: Tracer, span: Span, started_ns: int) -> None:
        self._tracer = tracer
        self._span = span
        self._started_ns = started_ns

    def finish(self, output: GenerationOutput) -> None:
        """What came of it, and how long each stage took."""
        if not self._span.is_recording():
            return
        self._span.set_attributes(
            {
                "gen_ai.usage.output_tokens": sum(len(one.token_ids) for one in output.hypotheses),
                "gen_ai.response.finish_reasons": [one.finish_reason.value for one in output.hypotheses],
            }
        )
        stages = [
            ("queue", output.queue_s),
            ("encode", output.encode_s),
            ("decode", output.decode_s),
            ("align", output.align_s),
        ]
        context = trace.set_span_in_context(self._span)
        end_ns = time.time_ns()
        begin_ns = end_ns - round(sum(seconds for _, seconds in stages) * _NS_PER_S)
        for name, seconds in stages:
            until_ns = begin_ns + round(seconds * _NS_PER_S)
            if seconds > 0:
                # The wall clock may have been set meanwhile; no stage is outside of its call.
                first_ns, last_ns = (max(self._started_ns, min(ns, end_ns)) for ns in (begin_ns, until_ns))
                self._tracer.start_span(name, context, start_time=first_ns).end(last_ns)
            begin_ns = until_ns
