"""Text in, summary out: the pipeline from a request's text to its summary and what that rests on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.alignment.limits import MAX_ALIGNMENT_VALUES
from crosslate.service.pipeline.alignment.matrix_size import MatrixBudget
from crosslate.service.pipeline.engines.catalog import ModelCatalog, check_length
from crosslate.service.pipeline.engines.engine_calls import EngineCalls
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.language.detection import LanguageDetector
from crosslate.service.pipeline.language.languages import language_name
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.parts.part import PartOutput
from crosslate.service.pipeline.passes.joined import verdict_warnings
from crosslate.service.pipeline.summarization import remarks
from crosslate.service.pipeline.summarization.extraction.extracting import Extracting
from crosslate.service.pipeline.summarization.length import LengthControl, reserve_of
from crosslate.service.pipeline.summarization.reading.reading import ReadRequest, read_request
from crosslate.service.pipeline.summarization.reading.sentences import read_sentences
from crosslate.service.pipeline.summarization.reduction.aligning import align_summary, summary_sentences
from crosslate.service.pipeline.summarization.reduction.reduction import FinishedChunk, Reduction
from crosslate.service.pipeline.summarization.reduction.support import Source
from crosslate.service.pipeline.summarization.types import (
    ChunkEvent,
    SummaryChunk,
    SummaryEvent,
    SummaryRequest,
    SummaryResult,
    SummarySupport,
)
from crosslate.service.pipeline.text.offsets import OffsetConverter
from crosslate.service.pipeline.text.surrogates import check_unicode
from crosslate.service.pipeline.types import UNLIMITED, Allowance, DoneEvent, TokenEvent


@dataclass(frozen=True, slots=True)
class _Work:
    """What the texts of one HTTP request share."""

    texts: Sequence[ReadRequest]
    model: ServedModel
    calls: EngineCalls
    budget: MatrixBudget


class Summarizer:
    """Summarizes texts of any length with the models of a catalog. Raises `ServiceError`s only.

    Args:
        catalog: the models that are served.
        max_concurrent_chunks: how many chunks of one HTTP request may be at the engine at once. Few, so that
            one long document does not shut everyone else out; with beams they fill a batch all the same.
        max_linked_tokens: texts with more tokens are not aligned word by word, only by sentence.
        max_alignment_values: of all alignment matrices of one HTTP request; more are refused.
        has_guard: try summaries that are degenerate a second time, see `guard`.
        detector: says so where a text is in another language than the model reads; without one nobody does.
    """

    def __init__(
        self,
        catalog: ModelCatalog,
        *,
        max_concurrent_chunks: int = 16,
        max_linked_tokens: int = 4096,
        max_alignment_values: int = MAX_ALIGNMENT_VALUES,
        has_guard: bool = True,
        detector: LanguageDetector | None = None,
    ) -> None:
        self._catalog = catalog
        self._max_concurrent_chunks = max_concurrent_chunks
        self._max_linked_tokens = max_linked_tokens
        self._max_alignment_values = max_alignment_values
        self._has_guard = has_guard
        self._detector = detector

    async def summarize(self, request: SummaryRequest, allowance: Allowance = UNLIMITED) -> SummaryResult:
        """The whole summary of one text."""
        return (await self.summarize_all([request], allowance))[0]

    async def summarize_all(
        self, requests: Sequence[SummaryRequest], allowance: Allowance = UNLIMITED
    ) -> list[SummaryResult]:
        """The whole summaries of the texts of one HTTP request, one or more.

        What can be refused is refused before an engine is asked. The texts share one admission, one time
        limit and one share of the engine.
        """
        work = await self._begin(requests, allowance)
        return await work.calls.run_texts(self._summarize(text, work) for text in work.texts)

    async def _summarize(self, text: ReadRequest, work: _Work) -> SummaryResult:
        async with aclosing(self._events(text, work, streams=False)) as events:
            async for event in events:
                if isinstance(event, DoneEvent):
                    return event.result
        raise RuntimeError("a summary ended without its result")

    async def stream(
        self, request: SummaryRequest, allowance: Allowance = UNLIMITED
    ) -> AsyncGenerator[SummaryEvent, None]:
        """Chunks as they finish and the summary as it becomes certain.

        The texts of the events together are the summary. Greedy decoding and sampling give tokens, beam
        search the finished text. The last event has the result.
        """
        work = await self._begin([request], allowance)
        async with aclosing(self._events(work.texts[0], work, streams=True)) as events:
            async for event in events:
                yield event

    async def _begin(self, requests: Sequence[SummaryRequest], allowance: Allowance) -> _Work:
        """Check all the texts of an HTTP request."""
        model = select_summarizer(self._catalog, requests[0].model)
        budget = MatrixBudget(self._max_alignment_values)
        num_values = 0
        texts: list[ReadRequest] = []
        for sent in requests:
            check_unicode(sent.text, "text")
            check_length(model, sent.params)
            texts.append(await read_request(sent))
            request = texts[-1].request
            if request.alignment in {"links", "matrix"}:
                # Up to a tenth of a second: not in the event loop.
                num_values += await asyncio.to_thread(self._expected_values, request, model)
        budget.foresee(num_values)
        return _Work(texts, model, EngineCalls(allowance, max_parts=self._max_concurrent_chunks), budget)

    async def _events(
        self, text: ReadRequest, work: _Work, *, streams: bool
    ) -> AsyncGenerator[SummaryEvent, None]:
        reduction = await self._reduction(text, work)
        units = OffsetConverter(text.source.sent, text.request.offset_unit)
        async with aclosing(reduction.run(streams=streams)) as events:
            async for event in events:
                yield event if isinstance(event, TokenEvent) else _chunk_event(reduction, event, units)
        # Up to a second for a long document: not in the event loop.
        yield DoneEvent(await asyncio.to_thread(self._result, reduction, units, work.budget))

    async def _reduction(self, text: ReadRequest, work: _Work) -> Reduction:
        notices: list[Notice] = []
        if self._detector is not None:
            notices = await asyncio.to_thread(
                language_warnings, text.request.text, work.model, self._detector
            )
        given = (text.request, text.source, work.model, work.calls, self._has_guard)
        if work.model.extraction is None:
            return Reduction(*given, warnings=notices)
        return Extracting(*given, warnings=notices, is_foreign=bool(notices))

    def _expected_values(self, request: SummaryRequest, model: ServedModel) -> int:
        """Values of the matrix that the request asks for, if its summary is as long as it may be.

        Raises `ServiceError` 413 `alignment_too_large` where the text is too long to be linked.
        """
        num_tokens = len(model.tokenizer.encode_source(request.text))
        if num_tokens > self._max_linked_tokens:
            raise ServiceError(
                "alignment_too_large",
                f"The text has {num_tokens} tokens; at most {self._max_linked_tokens} are aligned so. "
                'Ask for alignment "sentences", which takes any length, or send less text at a time.',
            )
        if request.alignment == "links":
            return 0
        lengths = LengthControl(
            request.length,
            model.default_params,
            request.params,
            num_windows=num_tokens / model.max_source_tokens,
        )
        most = lengths.bounds(num_tokens).max_tokens
        return num_tokens * (most + reserve_of(most) * (request.params.max_new_tokens is None))

    def _result(self, reduction: Reduction, units: OffsetConverter, budget: MatrixBudget) -> SummaryResult:
        summary, levels = reduction.summary, reduction.levels
        outputs = [output for level in levels for output in level.outputs]
        sentences = _supports(reduction)
        num_unsupported = sum(len(sentence.unsupported) for sentence in sentences)
        if reduction.summary is not None and num_unsupported:
            reduction.warn(remarks.unsupported(num_unsupported))
        return SummaryResult(
            model=reduction.model.id,
            text=reduction.text,
            finish_reason="stop" if summary is None else summary.finish_reason,
            score=0.0 if summary is None else summary.score,
            warnings=[*reduction.warnings, *verdict_warnings(outputs, "Chunk")],
            chunks=[
                _chunk(reduction, number, output, units)
                for number, level in enumerate(levels)
                for output in level.outputs
            ],
            alignment=None if reduction.request.alignment == "none" else align_summary(reduction, budget),
            sentences=sentences,
            num_characters=len(reduction.source.sent),
            num_prompt_tokens=sum(level.num_prompt_tokens for level in levels),
            num_generation_tokens=sum(level.num_generation_tokens for level in levels),
            verdicts=[verdict for level in levels for verdict in level.verdicts],
        )


def _chunk_event(reduction: Reduction, finished: FinishedChunk, units: OffsetConverter) -> ChunkEvent:
    chunk = _chunk(reduction, finished.level, finished.output, units)
    return ChunkEvent(chunk, finished.text, finished.num_finished, finished.num_chunks)


def _supports(reduction: Reduction) -> list[SummarySupport]:
    request, text = reduction.request, reduction.text
    substitutes = reduction.model.substitutes
    read = read_sentences(request.text, reduction.lang, substitutes)
    source = Source(request.text, [sentence.span for sentence in read])
    units = OffsetConverter(text, request.offset_unit)
    found = (source.support(text, span) for span in summary_sentences(text, reduction.lang, substitutes))
    return [
        SummarySupport(
            target=units.span(support.span),
            faithfulness=support.faithfulness,
            copied=support.is_copied,
            unsupported=list(map(units.span, support.unsupported)),
        )
        for support in found
    ]


def _chunk(reduction: Reduction, level: int, output: PartOutput, units: OffsetConverter) -> SummaryChunk:
    return SummaryChunk(
        level=level,
        source=units.span(reduction.covered(level, output.part)),
        text=output.text,
        score=output.hypothesis.score,
        finish_reason=output.finish_reason,
    )


def language_warnings(text: str, model: ServedModel, detector: LanguageDetector) -> list[Notice]:
    """That a text is clearly in another language than the model reads, if it is known what it reads."""
    languages = model.extraction.languages if model.extraction else [source for source, _ in model.pairs]
    found = [detector.contradiction(text, lang) for lang in languages]
    other = found[0] if found else None
    if other is None or None in found:
        return []
    read = " or ".join(map(language_name, languages))
    return [
        Notice(
            "source_language_differs",
            f"The text seems to be in {language_name(other.lang)}; {model.id} is for the language {read} "
            "only, so the summary may miss what matters.",
        )
    ]


def select_summarizer(catalog: ModelCatalog, model_id: str | None) -> ServedModel:
    """The named model, or the first that summarizes.

    Raises `ServiceError`: 404 `model_not_found`; 400 `wrong_task` or `no_summarizer`.
    """
    summarizers = [model for model in catalog.models if model.task == "summarization"]
    if model_id is None:
        if not summarizers:
            raise no_summarizer()
        return summarizers[0]
    model = catalog.get(model_id)
    if model.task != "summarization":
        raise no_summarizer_of(model_id, model.task, [model.id for model in summarizers])
    return model


def no_summarizer_of(model_id: str, task: str, summarizers: Sequence[str]) -> ServiceError:
    """400: the model that was named has another task; these would do."""
    return ServiceError(
        "wrong_task",
        f"{model_id} is a {task} model, not one for summarization. Leave model out, or name a "
        f"summarizer: {', '.join(summarizers) or 'none is served'}.",
    )


def no_summarizer() -> ServiceError:
    """400: nothing here summarizes."""
    return ServiceError("no_summarizer", "No summarization model is configured; /v1/models lists what is.")
