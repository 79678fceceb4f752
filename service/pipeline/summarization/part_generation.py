"""Asking an engine for the summaries of a document's parts."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from models.engine.request import FinishReason, GenerationParams, GenerationRequest, Hypothesis
from models.tokenizer import IncrementalDetokenizer, Tokenizer
from service.pipeline.degeneration import Fault, is_loop
from service.pipeline.engine_calls import EngineCalls
from service.pipeline.guard import Judge, Judged, Verdict, second_params
from service.pipeline.guarded_calls import GuardedCalls
from service.pipeline.summarization.chunking import Chunk
from service.pipeline.summarization.length import USUAL_MAX_TOKENS, LengthBounds, with_bounds
from service.pipeline.summarization.types import SummaryRequest
from service.pipeline.types import ServedModel
from service.streams import closing


@dataclass(frozen=True, slots=True)
class ChunkSummary:
    """A chunk and what the model made of it."""

    chunk: Chunk
    hypothesis: Hypothesis
    text: str
    is_stand_in: bool
    """The model wrote nothing: `text` is the chunk's first sentence."""
    verdict: Verdict | None = None
    """Where the model's first output was degenerate."""

    @property
    def finish_reason(self) -> Literal["stop", "length"]:
        """Whether the summary is whole."""
        return "length" if self.hypothesis.finish_reason is FinishReason.LENGTH else "stop"


class PartGenerator:
    """The summaries of the parts of one document; with a guard, degenerate ones are tried a second time."""

    def __init__(
        self, request: SummaryRequest, model: ServedModel, calls: EngineCalls, *, has_guard: bool
    ) -> None:
        self._request = request
        self._model = model
        self._calls = GuardedCalls(
            calls, model.engine, has_guard=has_guard, second_try=partial(_second_params, request.params)
        )

    async def generate(self, chunk: Chunk, bounds: LengthBounds) -> ChunkSummary:
        """The summary of a chunk."""
        request = self._generation(chunk, bounds)
        return self._summary(chunk, await self._calls.generate(request, self._judge(chunk)))

    async def stream(self, chunk: Chunk, bounds: LengthBounds) -> AsyncIterator[str | ChunkSummary]:
        """Text as it becomes certain, then the summary. Its text may go on where the stream ended."""
        request = self._generation(chunk, bounds)
        detokenizer = IncrementalDetokenizer(self._model.tokenizer)
        has_begun = False
        async with closing(self._calls.stream(request, self._judge(chunk))) as items:
            async for item in items:
                if isinstance(item, Judged):
                    yield self._summary(chunk, item)
                    return
                new = detokenizer.feed(item)
                new = new if has_begun else new.lstrip()
                if new:
                    has_begun = True
                    yield new

    def _generation(self, chunk: Chunk, bounds: LengthBounds) -> GenerationRequest:
        return GenerationRequest(
            source_ids=chunk.source_ids,
            params=with_bounds(self._request.params, bounds),
            attention=None if self._request.alignment == "none" else self._model.alignment.selection,
        )

    def _judge(self, chunk: Chunk) -> Judge:
        return partial(summary_faults, self._model.tokenizer, chunk)

    def _summary(self, chunk: Chunk, judged: Judged) -> ChunkSummary:
        hypothesis = judged.output.hypotheses[0]
        text = self._model.tokenizer.decode(hypothesis.token_ids).strip()
        return ChunkSummary(
            chunk,
            hypothesis,
            text or chunk.first_sentence,
            is_stand_in=not text,
            verdict=judged.verdict,
        )


def summary_faults(tokenizer: Tokenizer, chunk: Chunk, hypothesis: Hypothesis) -> list[Fault]:
    """What is wrong with a summary: a loop, or nothing in it. To copy from its source is a summary's way."""
    if not tokenizer.decode(hypothesis.token_ids).strip():
        return [] if hypothesis.finish_reason is FinishReason.LENGTH else [Fault.TOO_SHORT]
    if is_loop(hypothesis.token_ids, tokenizer.decode, chunk.source_ids, chunk.content.text):
        return [Fault.REPETITION]
    return []


def _second_params(
    given: GenerationParams, fault: Fault, request: GenerationRequest
) -> GenerationParams | None:
    """As for translations, but for the bounds: every request for a summary has some, `given` or not."""
    if fault is not Fault.TOO_SHORT:
        return second_params(fault, request)
    least = max((request.params.max_new_tokens or USUAL_MAX_TOKENS) // 4, 2)
    if given.min_new_tokens is not None or (request.params.min_new_tokens or 0) >= least:
        return None
    return dataclasses.replace(request.params, min_new_tokens=least)
