"""An engine and a translator that count what passes through them; their users notice nothing."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from models.alignment import FloatArray
from models.engine.request import AlignmentRequest, GenerationOutput, GenerationRequest
from service.metrics import ModelLabels, ServiceMetrics
from service.pipeline.summarization.types import (
    SummaryDoneEvent,
    SummaryEvent,
    SummaryRequest,
    SummaryResult,
)
from service.pipeline.types import (
    AlignmentResult,
    AlignRequest,
    Detection,
    DoneEvent,
    EngineClient,
    StreamEvent,
    TranslationRequest,
    TranslationResult,
)
from service.streams import closing


class TextTranslator(Protocol):
    """What HTTP needs of the text pipeline. Every method raises `ServiceError`s."""

    async def translate_all(self, requests: Sequence[TranslationRequest]) -> list[TranslationResult]:
        """The texts of one HTTP request, whole: admitted or refused together."""
        ...

    def stream(self, request: TranslationRequest) -> AsyncIterator[StreamEvent]:
        """One text as it becomes certain."""
        ...

    async def align(self, request: AlignRequest) -> tuple[str, AlignmentResult]:
        """The id of the model that read it, and the alignment of a given pair."""
        ...

    async def detect(self, text: str) -> Detection:
        """The language of one text."""
        ...


class TextSummarizer(Protocol):
    """What HTTP needs of summarization. Every method raises `ServiceError`s."""

    async def summarize_all(self, requests: Sequence[SummaryRequest]) -> list[SummaryResult]:
        """The texts of one HTTP request, whole: admitted or refused together."""
        ...

    def stream(self, request: SummaryRequest) -> AsyncIterator[SummaryEvent]:
        """One text as its summary becomes certain."""
        ...


class MeteredEngine:
    """An `EngineClient` that counts tokens and times."""

    def __init__(self, engine: EngineClient, metrics: ServiceMetrics, labels: ModelLabels) -> None:
        self._engine = engine
        self._metrics = metrics
        self._labels = labels

    async def generate(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> GenerationOutput:
        """As the engine's."""
        output = await self._engine.generate(request, timeout_s=timeout_s)
        self._metrics.observe_output(self._labels, output)
        return output

    async def stream(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> AsyncIterator[list[int] | GenerationOutput]:
        """As the engine's."""
        last = time.perf_counter()
        is_first = True
        async with closing(self._engine.stream(request, timeout_s=timeout_s)) as items:
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
        """As the engine's."""
        return await self._engine.align(request, timeout_s=timeout_s)


class MeteredTranslator:
    """A `TextTranslator` that counts texts, characters and alignments."""

    def __init__(self, translator: TextTranslator, metrics: ServiceMetrics) -> None:
        self._translator = translator
        self._metrics = metrics

    async def translate_all(self, requests: Sequence[TranslationRequest]) -> list[TranslationResult]:
        """As the translator's."""
        started = time.perf_counter()
        results = await self._translator.translate_all(requests)
        seconds = time.perf_counter() - started
        for request, result in zip(requests, results, strict=True):
            self._observe(request, result, seconds)
        return results

    async def stream(self, request: TranslationRequest) -> AsyncIterator[StreamEvent]:
        """As the translator's."""
        started = time.perf_counter()
        async with closing(self._translator.stream(request)) as events:
            async for event in events:
                if isinstance(event, DoneEvent):
                    self._observe(request, event.result, time.perf_counter() - started)
                yield event

    async def align(self, request: AlignRequest) -> tuple[str, AlignmentResult]:
        """As the translator's."""
        model_id, result = await self._translator.align(request)
        self._metrics.observe_alignment(ModelLabels(model_id, "translation"), request.alignment)
        return model_id, result

    async def detect(self, text: str) -> Detection:
        """As the translator's."""
        detection = await self._translator.detect(text)
        self._metrics.observe_detection(detection.confidence)
        return detection

    def _observe(self, request: TranslationRequest, result: TranslationResult, seconds: float) -> None:
        labels = ModelLabels(result.model, "translation")
        self._metrics.observe_text(
            labels, seconds, result.num_characters, len(result.text), request.alignment
        )
        for verdict in result.verdicts:
            self._metrics.observe_verdict(labels, verdict.reason, verdict.outcome)
        if result.detected is not None:
            self._metrics.observe_detection(result.detected.confidence)


class MeteredSummarizer:
    """A `TextSummarizer` that counts texts, characters and alignments."""

    def __init__(self, summarizer: TextSummarizer, metrics: ServiceMetrics) -> None:
        self._summarizer = summarizer
        self._metrics = metrics

    async def summarize_all(self, requests: Sequence[SummaryRequest]) -> list[SummaryResult]:
        """As the summarizer's."""
        started = time.perf_counter()
        results = await self._summarizer.summarize_all(requests)
        seconds = time.perf_counter() - started
        for request, result in zip(requests, results, strict=True):
            self._observe(request, result, seconds)
        return results

    async def stream(self, request: SummaryRequest) -> AsyncIterator[SummaryEvent]:
        """As the summarizer's."""
        started = time.perf_counter()
        async with closing(self._summarizer.stream(request)) as events:
            async for event in events:
                if isinstance(event, SummaryDoneEvent):
                    self._observe(request, event.result, time.perf_counter() - started)
                yield event

    def _observe(self, request: SummaryRequest, result: SummaryResult, seconds: float) -> None:
        labels = ModelLabels(result.model, "summarization")
        self._metrics.observe_text(
            labels, seconds, result.num_characters, len(result.text), request.alignment
        )
        for verdict in result.verdicts:
            self._metrics.observe_verdict(labels, verdict.reason, verdict.outcome)
