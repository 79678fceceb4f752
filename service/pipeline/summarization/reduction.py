"""One text on its way to its summary: read in chunks, the chunks' summaries read again, until they are few.

What is left at last, one chunk or several side by side, has the room of the whole summary in equal shares, so
that every region of a long text has its part in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace

from models.tokenizer import Span
from service.pipeline.engine_calls import EngineCalls
from service.pipeline.splitting import sentence_spans
from service.pipeline.summarization.chunking import Chunk, Chunking, cut_into_chunks
from service.pipeline.summarization.length import LengthBounds, LengthControl
from service.pipeline.summarization.levels import Level, between_paragraphs, between_sentences
from service.pipeline.summarization.part_generation import ChunkSummary, PartGenerator
from service.pipeline.summarization.sentences import is_finished, read_prose, read_sentences
from service.pipeline.summarization.types import SummaryRequest
from service.pipeline.types import ServedModel, TokenEvent
from service.streams import closing

_MAX_REMAINING = 0.8
"""A level that leaves more of the text than this is the last: another would not get there either."""


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
    generator: PartGenerator
    levels: list[Level] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    num_windows: float = 1.0
    """How many times the text fills what the model reads at once."""

    @property
    def text(self) -> str:
        """The summary."""
        return self.levels[-1].joined(between_sentences) if self.levels else self.request.text

    @property
    def summaries(self) -> list[ChunkSummary]:
        """Of all levels."""
        return [summary for level in self.levels for summary in level.summaries]

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
        placed = zip(below.summaries, below.placed(between_paragraphs), strict=True)
        spans = [self.covered(level - 1, s.chunk) for s, at in placed if at[0] < end and start < at[1]]
        return spans[0][0], spans[-1][1]

    async def run(self, *, streams: bool) -> AsyncGenerator[TokenEvent | FinishedChunk, None]:
        """Do the work, tell of tokens (if `streams`) and finished chunks."""
        reading = await self._read(self.request.text)
        self._warn_of_source(reading)
        if reading.num_tokens <= self._lengths.longest_kept:
            self._warn_of_kept(reading)
            yield TokenEvent(self.request.text)
            return
        self.num_windows = reading.num_tokens / self.model.max_source_tokens
        self.calls.expect(len(reading.chunks))
        num_parts = 1
        while len(reading.chunks) > num_parts:
            async with closing(self._reduce(reading.chunks, self._intermediate_bounds)) as finished:
                async for chunk in finished:
                    yield chunk
            shorter = await self._read(self.levels[-1].joined(between_paragraphs))
            if self._is_enough(shorter.num_tokens, reading.num_tokens):
                self._warn_of_cuts()
                self._warn_of_length()
                yield TokenEvent(self.text)
                return
            num_parts = self._lengths.num_parts(shorter.num_tokens, len(reading.chunks))
            reading = shorter
        if num_parts > 1:
            joined = self.levels[-1].joined(between_paragraphs)
            reading = await self._read(joined, num_chunks=num_parts)
        async with closing(self._finish(reading.chunks, streams=streams)) as events:
            async for event in events:
                yield event
        self._warn_of_length()

    @property
    def _lengths(self) -> LengthControl:
        params = self.model.default_params, self.request.params
        return LengthControl(self.request.length, *params, num_windows=self.num_windows)

    def _is_enough(self, num_tokens: int, num_before: int) -> bool:
        """Whether the summaries of a level, side by side, are the summary."""
        if num_tokens <= self._lengths.enough:
            return True
        if num_tokens <= num_before * _MAX_REMAINING:
            return False
        self._warn("The summaries of the parts could not be shortened further; they are given side by side.")
        return True

    async def _read(self, document: str, *, num_chunks: int = 1) -> Chunking:
        # A tenth of a second for a long document: not in the event loop.
        return await asyncio.to_thread(self._cut, document, num_chunks)

    def _cut(self, document: str, num_chunks: int) -> Chunking:
        read = read_sentences if self.levels else read_prose
        sentences = read(document, self.lang, self.model.substitutes)
        tokenizer, window = self.model.tokenizer, self.model.max_source_tokens
        return cut_into_chunks(sentences, tokenizer, window, num_chunks=num_chunks)

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

    def _warn_of_kept(self, reading: Chunking) -> None:
        """A text that is returned as it is; of a blank one there is nothing to say."""
        if reading.chunks:
            self._warn("The text is shorter than a summary of it would be; it is returned as it is.")
        elif self.request.text.strip():
            self._warn("The text has no words to summarize; it is returned as it is.")

    def _warn_of_length(self) -> None:
        """What is written is no shorter, lines and blanks apart, than what was sent."""
        if len(self.text) >= len(" ".join(self.request.text.split())):
            self._warn("The summary is no shorter than the text.")

    def _warn_of_cuts(self) -> None:
        """Of a last level whose summaries stand side by side."""
        parts = self.levels[-1].summaries
        num_cut = sum(summary.finish_reason == "length" for summary in parts)
        if num_cut:
            self._warn(
                f"{num_cut} of the {len(parts)} parts of the summary reached the limit of output tokens: an "
                "unfinished sentence was left out, or is cut there where it is a part's only one."
            )

    async def _reduce(
        self, chunks: Sequence[Chunk], bounds: Callable[[Chunk], LengthBounds], *, is_last: bool = False
    ) -> AsyncGenerator[FinishedChunk, None]:
        """Summarize every chunk, in the order in which they finish; together they are a new level.

        The summaries of the last level are told as parts of the output, each once all before it are known.
        """
        summaries: dict[int, ChunkSummary] = {}
        num_told = 0
        parts = (self._summarize(index, chunk, bounds(chunk)) for index, chunk in enumerate(chunks))
        async with closing(self.calls.as_completed(parts)) as finished:
            async for index, summary in finished:
                summaries[index] = summary
                text = ""
                while is_last and num_told in summaries:
                    text += between_sentences(summaries[num_told - 1].text) if num_told else ""
                    text += summaries[num_told].text
                    num_told += 1
                yield FinishedChunk(len(self.levels), summary, text, len(summaries), len(chunks))
        self._add_level([summaries[index] for index in range(len(chunks))])

    async def _summarize(self, index: int, chunk: Chunk, bounds: LengthBounds) -> tuple[int, ChunkSummary]:
        summary = await self.generator.generate(chunk, bounds)
        return index, self._without_cut_sentence(summary)

    def _intermediate_bounds(self, chunk: Chunk) -> LengthBounds:
        return self._lengths.intermediate_bounds(len(chunk.source_ids))

    def _add_level(self, summaries: list[ChunkSummary]) -> None:
        self.levels.append(Level(summaries))
        if any(summary.is_stand_in for summary in summaries):
            self._warn(
                "The model wrote nothing for a part of the text; that part's first sentence stands in for it."
            )

    async def _finish(
        self, chunks: Sequence[Chunk], *, streams: bool
    ) -> AsyncGenerator[TokenEvent | FinishedChunk, None]:
        """The chunks that are left make the summary."""
        num_all = sum(len(chunk.source_ids) for chunk in chunks)

        def bounds(chunk: Chunk) -> LengthBounds:
            return self._lengths.part_bounds(len(chunk.source_ids), num_all)

        if len(chunks) > 1:
            async with closing(self._reduce(chunks, bounds, is_last=True)) as finished:
                async for part in finished:
                    yield part
            self._warn_of_cuts()
            return
        (only,) = chunks
        whole = bounds(only) if self.levels else self._lengths.bounds(num_all)
        async with self.calls.place(), closing(self._finish_whole(only, whole, streams=streams)) as events:
            async for event in events:
                yield event

    async def _finish_whole(
        self, chunk: Chunk, bounds: LengthBounds, *, streams: bool
    ) -> AsyncGenerator[TokenEvent | FinishedChunk, None]:
        """The one chunk that is left makes the summary."""
        streamed = ""
        if streams:
            async with closing(self.generator.stream(chunk, bounds)) as items:
                async for item in items:
                    if isinstance(item, ChunkSummary):
                        summary = item
                        break
                    streamed += item
                    yield TokenEvent(item)
        else:
            summary = await self.generator.generate(chunk, bounds)
        if summary.finish_reason == "length":
            whole = self._without_cut_sentence(summary) if self._may_shorten else summary
            ending = "it is cut there" if whole is summary else "an unfinished sentence was left out"
            num_tokens = len(summary.hypothesis.token_ids)
            self._warn(f"The summary reached the limit of output tokens ({num_tokens}): {ending}.")
            summary = whole
        self._add_level([summary])
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
