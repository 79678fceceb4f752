"""One text on its way to its summary: read in chunks, the chunks' summaries read again, until one is left."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from typing import Literal

from models.engine.request import FinishReason, GenerationOutput, GenerationRequest, Hypothesis
from models.tokenizer import IncrementalDetokenizer, Span
from service.pipeline.engine_calls import EngineCalls
from service.pipeline.splitting import sentence_spans
from service.pipeline.summarization.chunking import Chunk, Chunking, cut_into_chunks
from service.pipeline.summarization.length import LengthBounds, LengthControl, with_bounds
from service.pipeline.summarization.sentences import is_finished, read_prose, read_sentences
from service.pipeline.summarization.types import SummaryRequest
from service.pipeline.types import ServedModel, TokenEvent
from service.streams import closing

BETWEEN_PARAGRAPHS = "\n\n"
"""Between the chunks' summaries when they are read again: no sentence goes on across them."""
_BETWEEN_SENTENCES = " "
"""Between them when they are the summary."""
_MAX_REMAINING = 0.8
"""A level that leaves more of the text than this is the last: another would not get there either."""


@dataclass(frozen=True, slots=True)
class ChunkSummary:
    """A chunk and what the model made of it."""

    chunk: Chunk
    hypothesis: Hypothesis
    text: str
    is_stand_in: bool
    """The model wrote nothing: `text` is the chunk's first sentence."""

    @property
    def finish_reason(self) -> Literal["stop", "length"]:
        """Whether the summary is whole."""
        return "length" if self.hypothesis.finish_reason is FinishReason.LENGTH else "stop"


@dataclass(frozen=True, slots=True)
class Level:
    """The chunks of one reading of a document, in order."""

    summaries: list[ChunkSummary]

    def joined(self, separator: str) -> str:
        """Their summaries as one text."""
        return separator.join(summary.text for summary in self.summaries)

    def placed(self, separator: str) -> list[Span]:
        """Where each summary stands in `joined`."""
        spans: list[Span] = []
        start = 0
        for summary in self.summaries:
            spans.append((start, start + len(summary.text)))
            start += len(summary.text) + len(separator)
        return spans


@dataclass(frozen=True, slots=True)
class FinishedChunk:
    """Told when a chunk is finished; `text` is what of the output has not been streamed before."""

    level: int
    summary: ChunkSummary
    text: str
    num_finished: int
    num_chunks: int


@dataclass(slots=True)
class Reduction:
    """The work on one request. Iterate `run` to its end; then `levels` and `text` hold what came of it.

    A chunk goes to the engine whole; those of one level go side by side, as many at a time as `calls` allows.
    Each intermediate summary has at most half of its chunk's tokens, so that every level is shorter than the
    one before.
    """

    request: SummaryRequest
    model: ServedModel
    calls: EngineCalls
    levels: list[Level] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    num_prompt_tokens: int = 0
    num_generation_tokens: int = 0

    @property
    def text(self) -> str:
        """The summary."""
        return self.levels[-1].joined(_BETWEEN_SENTENCES) if self.levels else self.request.text

    @property
    def placed(self) -> list[Span]:
        """Where the summaries of the last level stand in `text`."""
        return self.levels[-1].placed(_BETWEEN_SENTENCES) if self.levels else []

    @property
    def lang(self) -> str:
        """The language whose sentence boundaries hold; few rules differ between languages."""
        return self.model.pairs[0][0] if self.model.pairs else "en"

    def covered(self, level: int, chunk: Chunk) -> Span:
        """What a chunk stands for in the request's text: its own span, or those of the summaries in it."""
        start, end = chunk.content.span
        if level == 0:
            return start, end
        below = self.levels[level - 1]
        placed = zip(below.summaries, below.placed(BETWEEN_PARAGRAPHS), strict=True)
        spans = [self.covered(level - 1, s.chunk) for s, at in placed if at[0] < end and start < at[1]]
        return spans[0][0], spans[-1][1]

    async def run(self, *, streams: bool) -> AsyncGenerator[TokenEvent | FinishedChunk, None]:
        """Do the work, tell of tokens (if `streams`) and finished chunks."""
        reading = await self._read(self.request.text)
        self._warn_of_source(reading)
        if reading.num_tokens <= self._lengths.longest_kept:
            if reading.chunks:
                self._warn("The text is shorter than a summary of it would be; it is returned as it is.")
            yield TokenEvent(self.request.text)
            return
        while len(reading.chunks) > 1:
            async with closing(self._reduce(reading)) as finished:
                async for chunk in finished:
                    yield chunk
            shorter = await self._read(self.levels[-1].joined(BETWEEN_PARAGRAPHS))
            if self._is_enough(shorter.num_tokens, reading.num_tokens):
                yield TokenEvent(self.text)
                return
            reading = shorter
        async with closing(self._finish(reading.chunks[0], streams=streams)) as events:
            async for event in events:
                yield event

    @property
    def _lengths(self) -> LengthControl:
        return LengthControl(self.request.length, self.model.default_params, self.request.params)

    def _is_enough(self, num_tokens: int, num_before: int) -> bool:
        """Whether the summaries of a level, side by side, are the summary."""
        if num_tokens <= self._lengths.enough:
            return True
        if num_tokens <= num_before * _MAX_REMAINING:
            return False
        self._warn("The summaries of the parts could not be shortened further; they are given side by side.")
        return True

    async def _read(self, document: str) -> Chunking:
        # A tenth of a second for a long document: not in the event loop.
        return await asyncio.to_thread(self._cut, document)

    def _cut(self, document: str) -> Chunking:
        read = read_sentences if self.levels else read_prose
        sentences = read(document, self.lang, self.model.substitutes)
        return cut_into_chunks(sentences, self.model.tokenizer, self.model.max_source_tokens)

    def _warn(self, message: str) -> None:
        """Once, however many parts of the text it is true of."""
        if message not in self.warnings:
            self.warnings.append(message)

    def _warn_of_source(self, reading: Chunking) -> None:
        if reading.num_split:
            self._warn(
                f"The text has {reading.num_split} sentence(s) longer than the model takes "
                f"({self.model.max_source_tokens} tokens); they were read in parts."
            )
        unknown = self.model.tokenizer.unknown_token_id
        if unknown is not None and any(unknown in chunk.source_ids for chunk in reading.chunks):
            self._warn(
                "The text has characters that the model does not know; they may be missing in the summary."
            )

    async def _reduce(self, reading: Chunking) -> AsyncGenerator[FinishedChunk, None]:
        """Summarize every chunk, in the order in which they finish; together they are a new level."""
        is_first = not self.levels
        tasks = [
            asyncio.create_task(self._summarize(index, chunk, is_first=is_first and index == 0))
            for index, chunk in enumerate(reading.chunks)
        ]
        summaries: dict[int, ChunkSummary] = {}
        try:
            for task in asyncio.as_completed(tasks):
                index, summary = await task
                summaries[index] = summary
                yield FinishedChunk(len(self.levels), summary, "", len(summaries), len(tasks))
        finally:
            for unfinished in tasks:
                unfinished.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self.levels.append(Level([summaries[index] for index in range(len(tasks))]))

    async def _summarize(self, index: int, chunk: Chunk, *, is_first: bool) -> tuple[int, ChunkSummary]:
        """An intermediate summary."""
        bounds = self._lengths.intermediate_bounds(len(chunk.source_ids))
        output = await self.calls.generate(
            self.model.engine, self._generation(chunk, bounds), is_first=is_first
        )
        return index, self._without_cut_sentence(self._summary(chunk, output))

    async def _finish(
        self, chunk: Chunk, *, streams: bool
    ) -> AsyncGenerator[TokenEvent | FinishedChunk, None]:
        """The one chunk that is left makes the summary."""
        request = self._generation(chunk, self._lengths.bounds(len(chunk.source_ids)))
        is_first = not self.levels
        streamed = ""
        if streams:
            detokenizer = IncrementalDetokenizer(self.model.tokenizer)
            async with closing(self.calls.stream(self.model.engine, request, is_first=is_first)) as items:
                async for item in items:
                    if isinstance(item, GenerationOutput):
                        output = item
                        break
                    new = detokenizer.feed(item)
                    new = new if streamed else new.lstrip()
                    if new:
                        streamed += new
                        yield TokenEvent(new)
        else:
            output = await self.calls.generate(self.model.engine, request, is_first=is_first)
        summary = self._summary(chunk, output)
        if summary.finish_reason == "length":
            whole = self._without_cut_sentence(summary) if self._may_shorten else summary
            ending = "it is cut there" if whole is summary else "an unfinished sentence was left out"
            num_tokens = len(summary.hypothesis.token_ids)
            self._warn(f"The summary reached the limit of output tokens ({num_tokens}): {ending}.")
            summary = whole
        self.levels.append(Level([summary]))
        rest = summary.text.removeprefix(streamed)
        if streamed and rest:
            yield TokenEvent(rest)
        yield FinishedChunk(len(self.levels) - 1, summary, "" if streamed else summary.text, 1, 1)

    @property
    def _may_shorten(self) -> bool:
        """Whether an unfinished sentence may be left out of the summary itself.

        Not where its tokens may have been streamed, nor where the caller said how many there are to be.
        """
        given = self.request.params
        num_beams = given.num_beams or self.model.default_params.num_beams or 1
        return num_beams > 1 and given.max_new_tokens is None

    def _without_cut_sentence(self, summary: ChunkSummary) -> ChunkSummary:
        """Without a last sentence that the limit cut, unless there is no other."""
        if summary.finish_reason == "stop" or summary.is_stand_in or is_finished(summary.text):
            return summary
        *whole, last = sentence_spans(summary.text, self.lang)
        return replace(summary, text=summary.text[: last[0]].rstrip()) if whole else summary

    def _generation(self, chunk: Chunk, bounds: LengthBounds) -> GenerationRequest:
        self.num_prompt_tokens += len(chunk.source_ids)
        return GenerationRequest(
            source_ids=chunk.source_ids,
            params=with_bounds(self.request.params, bounds),
            attention=None if self.request.alignment == "none" else self.model.alignment.selection,
        )

    def _summary(self, chunk: Chunk, output: GenerationOutput) -> ChunkSummary:
        hypothesis = output.hypotheses[0]
        self.num_generation_tokens += len(hypothesis.token_ids)
        text = self.model.tokenizer.decode(hypothesis.token_ids).strip()
        if text:
            return ChunkSummary(chunk, hypothesis, text, is_stand_in=False)
        self._warn(
            "The model wrote nothing for a part of the text; that part's first sentence stands in for it."
        )
        return ChunkSummary(chunk, hypothesis, chunk.content.sentences[0].text, is_stand_in=True)
