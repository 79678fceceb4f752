"""What every route asks the models through, whichever API it belongs to: `Serving`."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass, field, replace
from typing import Generic, Literal, TypeVar

from crosslate.service.auth.access import Access, Charge, KeyUsage
from crosslate.service.auth.keys import Key
from crosslate.service.errors import FieldError, ServiceError, ToldError, malformed
from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.pipeline.summarization.types import (
    SummaryEvent,
    SummaryRequest,
    SummaryResult,
)
from crosslate.service.pipeline.types import (
    AlignmentResult,
    AlignRequest,
    Allowance,
    DoneEvent,
    StreamEvent,
    TranslationRequest,
    TranslationResult,
)
from crosslate.service.serving.limits import (
    check_count,
    check_generation,
    check_texts,
    effective_timeout_s,
    longest_timeout_s,
)
from crosslate.service.serving.metrics import ModelLabels, ServiceMetrics
from crosslate.service.serving.pipelines import Pipelines
from crosslate.service.settings.config import LimitSettings

Req = TypeVar("Req", bound=TranslationRequest | SummaryRequest)
Res = TypeVar("Res", bound=TranslationResult | SummaryResult)
Ev = TypeVar("Ev")
ImageFormat = Literal["svg", "png"]
DrawAlignment = Callable[[AlignmentResult, str, str, ImageFormat, float], Awaitable[bytes]]
"""From an alignment, its source and its target to a picture, in so many seconds."""


@dataclass(slots=True)
class RequestRecord:
    """What the log line of a request says, filled in as it becomes known. Never any text, never a key."""

    request_id: str
    trace_id: str | None = None
    """Where requests are traced."""
    key_name: str | None = None
    model: str | None = None
    num_texts: int | None = None
    num_characters: int | None = None
    error_code: str | None = None
    reason: str | None = None
    """Of a failure that is the operator's to mend, which no client is told."""

    def fail(self, error: ServiceError) -> None:
        """The request ends with this."""
        self.error_code = error.code
        self.reason = str(error.__cause__) if isinstance(error.__cause__, ToldError) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What an HTTP request brings besides its texts and their options."""

    record: RequestRecord
    key: str | None = field(default=None, repr=False)
    """As the client sent it."""
    timeout_s: float | None = None
    """As the client chose; None: the default, which grows with what there is to do."""


@dataclass(frozen=True, slots=True)
class Task(Generic[Req, Res, Ev]):
    """What texts can be given to a model for, whole or as it becomes certain."""

    name: Literal["translation", "summarization"]
    whole: Callable[[Sequence[Req], Allowance], Awaitable[list[Res]]]
    stream: Callable[[Req, Allowance], AsyncGenerator[Ev, None]]


class Serving:
    """Key, limits, deadline, admission of the whole HTTP request, counts, log record; for every route alike.

    Every method raises `ServiceError`s. The pipeline makes one flow of each call, so that the engines give
    every HTTP request the same share however many texts it has; those with a key divide that key's share.

    Args:
        pipelines: what does the work.
        draw_alignment: see `DrawAlignment`.
        access: what keys are needed for, and what they allow.
        check_ready: raises where nothing new is taken.
    """

    def __init__(
        self,
        pipelines: Pipelines,
        draw_alignment: DrawAlignment,
        *,
        access: Access,
        limits: LimitSettings,
        check_ready: Callable[[], None],
        metrics: ServiceMetrics,
    ) -> None:
        self._pipelines = pipelines
        self._draw_alignment = draw_alignment
        self._access = access
        self._limits = limits
        self._check_ready = check_ready
        self._metrics = metrics
        self.translation: Task[TranslationRequest, TranslationResult, StreamEvent] = Task(
            "translation",
            lambda requests, allowance: pipelines.of(allowance).translator.translate_all(requests, allowance),
            lambda request, allowance: pipelines.of(allowance).translator.stream(request, allowance),
        )
        self.summarization: Task[SummaryRequest, SummaryResult, SummaryEvent] = Task(
            "summarization",
            lambda requests, allowance: pipelines.of(allowance).summarizer.summarize_all(requests, allowance),
            lambda request, allowance: pipelines.of(allowance).summarizer.stream(request, allowance),
        )

    async def ask(self, task: Task[Req, Res, Ev], requests: Sequence[Req], call: Call) -> list[Res]:
        """The results of one text or more, in order."""
        key = self.identify(call, requests[0].model)
        allowance = self._allowed(requests, call, key)
        with self._admitted([request.text for request in requests], requests[0].model, call, key):
            started = time.perf_counter()
            results = await task.whole(requests, allowance)
        seconds = time.perf_counter() - started
        for request, result in zip(requests, results, strict=True):
            self._count(task.name, request, result, seconds)
        call.record.model = results[0].model
        return results

    async def stream(
        self, task: Task[Req, Res, Ev], requests: Sequence[Req], call: Call
    ) -> AsyncGenerator[Ev, None]:
        """The events of a single text; what can be refused is refused before the first of them."""
        key = self.identify(call, requests[0].model)
        if len(requests) > 1:
            raise malformed((FieldError(("body", "stream"), "one text at a time can be streamed"),))
        allowance = self._allowed(requests, call, key)
        (request,) = requests
        with self._admitted([request.text], request.model, call, key) as charge:
            started = time.perf_counter()
            async with aclosing(task.stream(request, allowance)) as events:
                async for event in events:
                    charge.settle()
                    if isinstance(event, DoneEvent):
                        self._count(task.name, request, event.result, time.perf_counter() - started)
                        call.record.model = event.result.model
                    yield event

    async def align(self, request: AlignRequest, call: Call) -> tuple[str, AlignmentResult]:
        """The id of the model that read it, and the alignment of a given pair."""
        key = self.identify(call, request.model)
        with self._admitted([request.source, request.target], request.model, call, key):
            return await self._aligned(request, call, key)

    async def draw(self, request: AlignRequest, image: ImageFormat, call: Call) -> bytes:
        """A picture of the alignment of a given pair, within one time limit for both."""
        started = time.monotonic()
        key = self.identify(call, request.model)
        with self._admitted([request.source, request.target], request.model, call, key):
            _, result = await self._aligned(replace(request, is_drawn=True), call, key)
            left_s = started + effective_timeout_s(call.timeout_s, self._limits) - time.monotonic()
            return await self._draw_alignment(result, request.source, request.target, image, max(0.0, left_s))

    async def detect(self, texts: Sequence[str], call: Call) -> list[Detection]:
        """The language of each text."""
        key = self.identify(call)
        with self._admitted(texts, None, call, key):
            detections = [await self._pipelines.whole.translator.detect(text) for text in texts]
        for detection in detections:
            self._metrics.observe_detection(detection.confidence)
        return detections

    def check_count(self, num_texts: int) -> None:
        """Pass if so many texts are taken at once; 413 before a request is made of each.

        A body of a megabyte can have hundreds of thousands, which take seconds that others wait for.
        """
        check_count(num_texts, self._limits)

    def identify(self, call: Call, model: str | None = None) -> Key | None:
        """Whose call it is; None where nobody needs a key. For routes that ask no model, too.

        Raises:
            ServiceError: 401 without a key of this service, 403 where it is not for the model.
        """
        key = self._access.identify(call.key)
        call.record.key_name = None if key is None else key.name
        self._access.check_model(key, model)
        return key

    def owner(self, call: Call) -> str:
        """Whose is what the call has kept: a key's name, or nothing where nobody needs one; as `identify`."""
        key = self.identify(call)
        return "" if key is None else key.name

    def taking_in(self, call: Call, key: Key | None, num_characters: int) -> AbstractContextManager[Charge]:
        """Count what is to be translated later, for the length of the block; raises as `ask`."""
        call.record.num_characters = num_characters
        self._check_ready()
        return self._access.charged(key, num_characters)

    def usage(self, call: Call) -> KeyUsage:
        """What the call's key has used of the month, nothing where nobody needs one; raises as `identify`."""
        key = self.identify(call)
        return KeyUsage(0, None) if key is None else self._access.usage(key)

    async def _aligned(
        self, request: AlignRequest, call: Call, key: Key | None
    ) -> tuple[str, AlignmentResult]:
        allowance = _allowance(key, timeout_s=effective_timeout_s(call.timeout_s, self._limits))
        model, result = await self._pipelines.of(allowance).translator.align(request, allowance)
        self._metrics.observe_alignment(ModelLabels(model, "translation"), request.alignment)
        call.record.model = model
        return model, result

    def _allowed(self, requests: Sequence[Req], call: Call, key: Key | None) -> Allowance:
        """What the requests may take, where so much may be asked for."""
        for request in {id(request.params): request for request in requests}.values():
            check_generation(request, self._limits)
        return _allowance(
            key,
            timeout_s=effective_timeout_s(call.timeout_s, self._limits),
            longest_timeout_s=longest_timeout_s(call.timeout_s, self._limits),
        )

    def _admitted(
        self, texts: Sequence[str], model: str | None, call: Call, key: Key | None
    ) -> AbstractContextManager[Charge]:
        """Texts that fit one request, counted for the length of the block."""
        check_texts(texts, self._limits)
        call.record.model = model
        call.record.num_texts = len(texts)
        return self.taking_in(call, key, sum(map(len, texts)))

    def _count(
        self,
        task: str,
        request: TranslationRequest | SummaryRequest,
        result: TranslationResult | SummaryResult,
        seconds: float,
    ) -> None:
        labels = ModelLabels(result.model, task)
        self._metrics.observe_text(
            labels, seconds, result.num_characters, len(result.text), request.alignment
        )
        for verdict in result.verdicts:
            self._metrics.observe_verdict(labels, verdict.reason, verdict.outcome)
        for notice in result.warnings:
            self._metrics.observe_notice(labels, notice.code)
        if isinstance(result, TranslationResult) and result.detected is not None:
            self._metrics.observe_detection(result.detected.confidence)


def _allowance(key: Key | None, *, timeout_s: float, longest_timeout_s: float | None = None) -> Allowance:
    return Allowance(
        timeout_s=timeout_s,
        longest_timeout_s=longest_timeout_s,
        share=None if key is None else key.share,
        models=None if key is None else key.models,
    )
