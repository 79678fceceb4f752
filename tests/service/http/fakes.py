"""A translator that needs no model, and an application around it."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

import numpy as np
from fastapi import FastAPI
from opentelemetry.trace import Tracer

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.tokenizers.tokenizer import Tokenizer
from crosslate.service.auth.access import Access, without_keys
from crosslate.service.documents.jobs.opening import DocumentPlace, Documents
from crosslate.service.errors import ServiceError
from crosslate.service.glossaries.glossaries import Glossaries
from crosslate.service.http.application import create_app
from crosslate.service.http.dialect import Dialect
from crosslate.service.http.front import Front
from crosslate.service.http.in_flight import InFlight
from crosslate.service.http.readiness import Readiness
from crosslate.service.http.services import Services
from crosslate.service.logs.logging import create_logger
from crosslate.service.pipeline.engines.served_model import EngineClient, ServedModel
from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.pipeline.links import Link
from crosslate.service.pipeline.summarization.summarizer import Summarizer
from crosslate.service.pipeline.summarization.types import (
    ChunkEvent,
    SentenceSource,
    SummaryAlignment,
    SummaryChunk,
    SummaryEvent,
    SummaryRequest,
    SummaryResult,
    SummarySentence,
)
from crosslate.service.pipeline.text.offsets import OffsetUnit
from crosslate.service.pipeline.text.text_worker import TextWorker
from crosslate.service.pipeline.translation.translator import Translator
from crosslate.service.pipeline.types import (
    AlignedToken,
    AlignmentMethod,
    AlignmentResult,
    AlignRequest,
    Allowance,
    DoneEvent,
    Segment,
    SegmentEvent,
    StreamEvent,
    TokenEvent,
    TranslationRequest,
    TranslationResult,
)
from crosslate.service.serving.metrics import ServiceMetrics, render_metrics
from crosslate.service.serving.pipelines import Pipeline, Pipelines
from crosslate.service.serving.serving import ImageFormat, Serving
from crosslate.service.settings.config import LimitSettings, LogSettings, Settings

Result = TypeVar("Result")

MODEL_ID = "starter/en-pt"
SUMMARIZER_ID = "starter/summarize-en"


async def side_by_side(calls: Sequence[Coroutine[Any, Any, Result]]) -> list[Result]:
    """The first failure ends the rest."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(call) for call in calls]
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return [task.result() for task in tasks]


def alignment_result(unit: OffsetUnit, *, matrix: bool = False) -> AlignmentResult:
    """Two words each."""
    tokens = [AlignedToken("▁a", (0, 1)), AlignedToken("</s>", None)]
    return AlignmentResult(
        unit=unit,
        method=AlignmentMethod(layer=1, heads=(0,), row="output", symmetric=False),
        links=[Link((0, 1), (0, 1), 0.5)],
        source_words=[(0, 1)],
        target_words=[(0, 1)],
        pharaoh="0-0",
        sink_mass=[0.25],
        source_tokens=tokens if matrix else None,
        target_tokens=tokens if matrix else None,
        matrix=np.array([[0.25, 0.75], [1.0, 0.0]], np.float32) if matrix else None,
    )


_BETWEEN_TAGS = re.compile(r"<[^>]*>|&#?\w+;|[^<&]+")


def _upper(piece: re.Match[str]) -> str:
    return piece[0] if piece[0].startswith(("<", "&")) else piece[0].upper()


def translation_result(request: TranslationRequest) -> TranslationResult:
    """The text in upper case; of markup what stands between tags and is no entity."""
    is_marked_up = request.text_format in ("html", "xml")
    text = _BETWEEN_TAGS.sub(_upper, request.text) if is_marked_up else request.text.upper()
    segment = Segment((0, len(request.text)), (0, len(text)), -0.5, "stop")
    level = request.alignment
    return TranslationResult(
        model=MODEL_ID,
        text=text,
        source_lang=request.source_lang or "en",
        target_lang=request.target_lang,
        detected=None if request.source_lang else Detection("en", 0.9),
        finish_reason="stop",
        score=-0.5,
        warnings=[],
        segments=[segment],
        alignment=None
        if level == "none"
        else alignment_result(request.offset_unit, matrix=level == "matrix"),
        alternatives=[],
        num_characters=len(request.text),
        num_prompt_tokens=3,
        num_generation_tokens=4,
    )


@dataclass
class FakeTranslator:
    """Upper case. A text that is a key of `failures` fails; "wait" stays until `release` or cancellation."""

    failures: dict[str, Exception] = field(default_factory=dict)
    delays_s: dict[str, float] = field(default_factory=dict)
    """Of texts that take their time."""
    refused_targets: dict[str, Exception] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """What the model calls target languages that are asked for by another code."""
    release: asyncio.Event = field(default_factory=asyncio.Event)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    requests: list[TranslationRequest] = field(default_factory=list)
    pairs: list[AlignRequest] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    """How many texts each had."""
    allowances: list[Allowance] = field(default_factory=list)
    """Of each call, whatever it asked for."""
    num_running: int = 0
    """The slots in use."""

    async def translate_all(
        self, requests: Sequence[TranslationRequest], allowance: Allowance
    ) -> list[TranslationResult]:
        self.allowances.append(allowance)
        self.calls.append(len(requests))
        return await side_by_side([self._translate(request) for request in requests])

    async def _translate(self, request: TranslationRequest) -> TranslationResult:
        self.requests.append(request)
        if request.target_lang in self.refused_targets:
            raise self.refused_targets[request.target_lang]
        self.num_running += 1
        try:
            await self._work(request.text)
        finally:
            self.num_running -= 1
        result = translation_result(request)
        return replace(result, target_lang=self.names.get(result.target_lang, result.target_lang))

    async def stream(
        self, request: TranslationRequest, allowance: Allowance
    ) -> AsyncGenerator[StreamEvent, None]:
        self.allowances.append(allowance)
        self.requests.append(request)
        self.num_running += 1
        try:
            if request.text in self.failures:
                raise self.failures[request.text]
            # Timeouts belong to one task: a consumer that hops between tasks breaks here.
            async with asyncio.timeout(60):
                for index, word in enumerate(request.text.upper().split(" ")):
                    yield TokenEvent(word if index == 0 else " " + word)
                    await self._work(word.lower())
            result = translation_result(request)
            yield SegmentEvent(result.segments[0], "")
            yield DoneEvent(result)
        finally:
            self.num_running -= 1

    async def align(self, request: AlignRequest, allowance: Allowance) -> tuple[str, AlignmentResult]:
        self.allowances.append(allowance)
        self.pairs.append(request)
        await self._work(request.source)
        return MODEL_ID, alignment_result(request.offset_unit, matrix=request.alignment == "matrix")

    async def detect(self, text: str) -> Detection:
        await self._work(text)
        return Detection("en", 0.75)

    async def _work(self, text: str) -> None:
        self.started.set()
        if text in self.delays_s:
            await asyncio.sleep(self.delays_s[text])
        if text in self.failures:
            raise self.failures[text]
        if text == "wait":
            await self.release.wait()


def summary_result(request: SummaryRequest) -> SummaryResult:
    """The text's first word, in upper case."""
    text = request.text.upper().split(" ")[0]
    source, target = (0, len(request.text)), (0, len(text))
    level = request.alignment
    words = level in {"links", "matrix"}
    return SummaryResult(
        model=SUMMARIZER_ID,
        text=text,
        finish_reason="stop",
        score=-0.5,
        warnings=[],
        chunks=[SummaryChunk(level=0, source=source, text=text, score=-0.5, finish_reason="stop")],
        alignment=None
        if level == "none"
        else SummaryAlignment(
            unit=request.offset_unit,
            method=alignment_result(request.offset_unit).method,
            sentences=[
                SummarySentence(target=target, sources=[SentenceSource(source, 0.75)], sink_mass=0.25)
            ],
            words=alignment_result(request.offset_unit, matrix=level == "matrix") if words else None,
        ),
        num_characters=len(request.text),
        num_prompt_tokens=5,
        num_generation_tokens=2,
    )


@dataclass
class FakeSummarizer:
    """The first word. A text that is a key of `failures` fails; "wait" stays until `release`."""

    failures: dict[str, Exception] = field(default_factory=dict)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    started: asyncio.Event = field(default_factory=asyncio.Event)
    requests: list[SummaryRequest] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    """How many texts each had."""
    allowances: list[Allowance] = field(default_factory=list)
    """Of each call, whatever it asked for."""
    num_running: int = 0

    async def summarize_all(
        self, requests: Sequence[SummaryRequest], allowance: Allowance
    ) -> list[SummaryResult]:
        self.calls.append(len(requests))
        self.allowances.append(allowance)
        return await side_by_side([self._summarize(request) for request in requests])

    async def _summarize(self, request: SummaryRequest) -> SummaryResult:
        async for event in self._events(request):
            if isinstance(event, DoneEvent):
                return event.result
        raise AssertionError

    def stream(self, request: SummaryRequest, allowance: Allowance) -> AsyncGenerator[SummaryEvent, None]:
        self.allowances.append(allowance)
        return self._events(request)

    async def _events(self, request: SummaryRequest) -> AsyncGenerator[SummaryEvent, None]:
        self.requests.append(request)
        self.num_running += 1
        try:
            if request.text in self.failures:
                raise self.failures[request.text]
            result = summary_result(request)
            yield TokenEvent(result.text)
            self.started.set()
            if request.text.startswith("wait"):
                await self.release.wait()
            if request.text.endswith("fail"):
                raise self.failures["later"]
            yield ChunkEvent(result.chunks[0], "", 1, 1)
            yield DoneEvent(result)
        finally:
            self.num_running -= 1


def served_model(engine: EngineClient | None = None) -> ServedModel:
    """As the catalogue would hold it."""
    return ServedModel(
        id=MODEL_ID,
        task="translation",
        family="marian",
        pairs=(("en", "pt"),),
        tokenizer=cast("Tokenizer", None),
        engine=cast("EngineClient", engine),
        max_source_tokens=512,
        max_target_tokens=512,
        alignment=AlignmentConfig(layer=1, heads=(0,), row="output"),
        num_layers=2,
        num_heads=8,
    )


async def draw(
    result: AlignmentResult, source: str, target: str, image: ImageFormat, timeout_s: float
) -> bytes:
    """A picture's bytes."""
    assert 0 < timeout_s <= Settings().limits.default_timeout_s
    return f"{image}:{len(source)}:{len(target)}:{len(result.links)}".encode()


@dataclass
class Service:
    """An application and everything around it that a test looks at."""

    app: FastAPI
    translator: FakeTranslator
    summarizer: FakeSummarizer
    readiness: Readiness
    in_flight: InFlight
    metrics: ServiceMetrics
    log: io.StringIO
    services: Services

    async def close(self) -> None:
        """In the loop that it was asked in: what it opened for somebody is closed."""
        await self.services.documents.close()
        await self.services.glossaries.close()


def pipeline_of(translator: FakeTranslator | Translator, summarizer: FakeSummarizer | Summarizer) -> Pipeline:
    """The fakes have what routes ask for of what they stand for."""
    return Pipeline(cast("Translator", translator), cast("Summarizer", summarizer))


def make_serving(
    translator: FakeTranslator | Translator,
    summarizer: FakeSummarizer | Summarizer,
    metrics: ServiceMetrics,
    limits: LimitSettings | None = None,
    check_ready: Callable[[], None] = lambda: None,
    *,
    access: Access | None = None,
    narrowed: Mapping[frozenset[str], Pipeline] | None = None,
) -> Serving:
    """What routes ask, over these."""
    whole, access = pipeline_of(translator, summarizer), access or without_keys()
    return Serving(
        Pipelines(whole, narrowed or {key.models: whole for key in access.keys.keys if key.models}),
        draw,
        access=access,
        limits=limits or LimitSettings(),
        check_ready=check_ready,
        metrics=metrics,
    )


def create_service(
    settings: Settings | None = None,
    models: Sequence[ServedModel] | None = None,
    *,
    stopped_models: Callable[[], Sequence[str]] = tuple,
    dialects: Sequence[Dialect] = (),
    access: Access | None = None,
    front: Front | None = None,
    tracer: Tracer | None = None,
) -> Service:
    """A ready service with a fake translator."""
    translator, summarizer = FakeTranslator(), FakeSummarizer()
    metrics, log = ServiceMetrics(), io.StringIO()
    readiness, in_flight = Readiness(stopped_models), InFlight()

    async def metrics_text() -> bytes:
        return render_metrics({"r1": metrics.snapshot()})

    settings = settings or Settings()
    serving = make_serving(translator, summarizer, metrics, settings.limits, readiness.check, access=access)
    services = Services(
        settings=settings,
        models=[served_model()] if models is None else models,
        serving=serving,
        glossaries=Glossaries(settings.glossaries, settings.store, settings.state_dir),
        documents=Documents(
            DocumentPlace(documents=settings.documents, store=settings.store, state_dir=settings.state_dir),
            translator,
            create_logger(LogSettings(level="debug", format="json"), log),
            metrics.observe_document,
        ),
        readiness=readiness,
        in_flight=in_flight,
        metrics=metrics,
        render_metrics=metrics_text,
        text_worker=TextWorker(),
        logger=create_logger(LogSettings(level="debug", format="json"), log),
        front=front,
        tracer=tracer,
    )
    app = create_app(services, dialects)
    return Service(app, translator, summarizer, readiness, in_flight, metrics, log, services)


def unavailable() -> ServiceError:
    """A full queue."""
    return ServiceError("queue_full", "Too many requests wait.", retry_after_s=2.2)
