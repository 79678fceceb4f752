"""One text on its way to its summary: read in chunks, the chunks' summaries read again, until they are few.

What is left at last, one chunk or several side by side, has the room of the whole summary in equal shares, so
that every region of a long text has its part in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace

from crosslate.models.tokenizer import Span
from crosslate.service.pipeline.engine_calls import EngineCalls
from crosslate.service.pipeline.joined import Finished, Gap, Joined, Joiner, join
from crosslate.service.pipeline.notices import Notice, NoticeCode
from crosslate.service.pipeline.part import Part, PartOutput
from crosslate.service.pipeline.passes import Pass
from crosslate.service.pipeline.splitting import sentence_spans
from crosslate.service.pipeline.summarization.chunking import Chunking, cut_into_chunks
from crosslate.service.pipeline.summarization.length import LengthBounds, LengthControl
from crosslate.service.pipeline.summarization.levels import between_paragraphs, between_sentences
from crosslate.service.pipeline.summarization.sentences import is_finished, read_prose, read_sentences
from crosslate.service.pipeline.summarization.summary_pass import reader_of, summary_pass
from crosslate.service.pipeline.summarization.support import Source, repetitions
from crosslate.service.pipeline.summarization.types import SummaryRequest
from crosslate.service.pipeline.types import ServedModel, TokenEvent
from crosslate.service.streams import closing

_MAX_REMAINING = 0.8
"""A level that leaves more of the text than this is the last: another would not get there either."""


@dataclass(frozen=True, slots=True)
class FinishedChunk:
    """Told when a chunk is finished; `text` is what of the summary has not been told before."""

    level: int
    output: PartOutput
    text: str
    num_finished: int
    num_chunks: int


@dataclass(slots=True)
class Reduction:
    """The work on one request. Iterate `run` to its end; then `levels` and `summary` hold what came of it.

    A chunk goes to the engine whole; those of one level go side by side, as many at a time as `calls` allows.
    Each intermediate summary has at most half of its chunk's tokens, so that every level is shorter than the
    one before.
    """

    request: SummaryRequest
    model: ServedModel
    calls: EngineCalls
    has_guard: bool
    levels: list[Joined] = field(default_factory=list)
    """The passes so far, each as the document that the next one reads."""
    summary: Joined | None = None
    """The last of them as it is answered; None where the text is returned as it is."""
    warnings: list[Notice] = field(default_factory=list)
    num_windows: float = 1.0
    """How many times the text fills what the model reads at once."""

    @property
    def text(self) -> str:
        """The summary."""
        return self.request.text if self.summary is None else self.summary.text

    @property
    def lang(self) -> str:
        """The language whose sentence boundaries hold; few rules differ between languages."""
        return self.model.pairs[0][0] if self.model.pairs else "en"

    def covered(self, level: int, chunk: Part) -> Span:
        """What a chunk stands for in the request's text: its own span, or those of the summaries in it."""
        start, end = chunk.span
        if level == 0:
            return start, end
        below = self.levels[level - 1]
        placed = zip(below.outputs, below.spans, strict=True)
        spans = [self.covered(level - 1, o.part) for o, at in placed if at[0] < end and start < at[1]]
        return spans[0][0], spans[-1][1]

    async def run(self, *, streams: bool) -> AsyncGenerator[TokenEvent | FinishedChunk, None]:
        """Do the work, tell of tokens (if `streams`) and finished chunks."""
        reading = await self._read(self.request.text)
        self._warn_of_split(reading)
        self._warn_of_unknown(reading)
        self._warn_of_ignored()
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
            shorter = await self._read(self.levels[-1].text)
            if self._is_enough(shorter.num_tokens, reading.num_tokens):
                self._end()
                self._warn_of_cuts()
                self._warn_of_length()
                yield TokenEvent(self.text)
                return
            num_parts = self._lengths.num_parts(shorter.num_tokens, len(reading.chunks))
            reading = shorter
        if num_parts > 1:
            reading = await self._read(self.levels[-1].text, num_chunks=num_parts)
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
        self._warn(
            "not_shorter",
            "The summaries of the parts could not be shortened further; they are given side by side.",
        )
        return True

    async def _read(self, document: str, *, num_chunks: int = 1) -> Chunking:
        # A tenth of a second for a long document: not in the event loop.
        return await asyncio.to_thread(self._cut, document, num_chunks)

    def _cut(self, document: str, num_chunks: int) -> Chunking:
        read = read_sentences if self.levels else read_prose
        sentences = read(document, self.lang, self.model.substitutes)
        reader, window = reader_of(self.request, self.model), self.model.max_source_tokens
        return cut_into_chunks(sentences, reader, window, num_chunks=num_chunks)

    def _warn(self, code: NoticeCode, message: str) -> None:
        """Once, however many parts of the text it is true of."""
        if (notice := Notice(code, message)) not in self.warnings:
            self.warnings.append(notice)

    def _warn_of_split(self, reading: Chunking) -> None:
        if reading.num_split:
            self._warn(
                "split_long_sentence",
                f"The text has {reading.num_split} sentence(s) longer than the model takes "
                f"({self.model.max_source_tokens} tokens); they were read in parts.",
            )

    def _warn_of_unknown(self, reading: Chunking) -> None:
        if not reader_of(self.request, self.model).knows(reading.chunks):
            self._warn(
                "unknown_characters",
                "The text has characters that the model does not know; they may be missing in the summary.",
            )

    def _warn_of_ignored(self) -> None:
        ignored = [
            name
            for name, is_set in (
                ("query", self.request.query is not None),
                ("style", self.request.style != "prose"),
            )
            if is_set
        ]
        if ignored:
            self._warn(
                "option_ignored", f"{self.model.id} writes freely, and heeds no {' or '.join(ignored)}."
            )

    def warn_of_unsupported(self, count: int) -> None:
        """Of numbers and names that are not the text's."""
        if count:
            self._warn(
                "unsupported_content",
                f"The summary has {count} number(s), name(s) or measure(s) that the text does not have; "
                "its sentences say where.",
            )

    def _warn_of_kept(self, reading: Chunking) -> None:
        """A text that is returned as it is; of a blank one there is nothing to say."""
        if reading.chunks:
            self._warn(
                "returned_unchanged",
                "The text is shorter than a summary of it would be; it is returned as it is.",
            )
        elif self.request.text.strip():
            self._warn("returned_unchanged", "The text has no words to summarize; it is returned as it is.")

    def _warn_of_length(self) -> None:
        """What is written is no shorter, lines and blanks apart, than what was sent."""
        if len(self.text) >= len(" ".join(self.request.text.split())):
            self._warn("not_shorter", "The summary is no shorter than the text.")

    def _warn_of_cuts(self) -> None:
        """Of a last level whose summaries stand side by side."""
        parts = self.levels[-1].outputs
        num_cut = sum(output.finish_reason == "length" for output in parts)
        if num_cut:
            self._warn(
                "truncated",
                f"{num_cut} of the {len(parts)} parts of the summary reached the limit of output tokens: an "
                "unfinished sentence was left out, or is cut there where it is a part's only one.",
            )

    async def _reduce(
        self, chunks: Sequence[Part], bounds: Callable[[Part], LengthBounds], *, is_last: bool = False
    ) -> AsyncGenerator[FinishedChunk, None]:
        """Summarize every chunk, in the order in which they finish; together they are a new level.

        The summaries of the last level are told as parts of the output, each once all before it are known.
        """
        async with closing(self._told(self._pass(chunks, bounds), is_last=is_last)) as finished:
            async for chunk in finished:
                yield chunk

    async def _told(self, asked: Pass, *, is_last: bool) -> AsyncGenerator[FinishedChunk, None]:
        """Have a level's chunks summarized."""
        num_chunks, num_finished = len(asked.attempts), 0
        joiner = Joiner(num_chunks, self._gap(num_chunks))
        async with closing(asked.run(self.calls, streams=False)) as items:
            async for index, item in items:
                if isinstance(item, Exception):
                    raise item
                if isinstance(item, str):
                    continue
                num_finished += 1
                output = self._supported(self._without_cut_sentence(item))
                output = self._without_repetitions(output)
                text = "".join(told.text for told in joiner.feed(index, output))
                level, text = len(self.levels), text if is_last else ""
                yield FinishedChunk(level, output, text, num_finished, num_chunks)
        self._add_level(joiner.result.outputs)

    def _pass(self, chunks: Sequence[Part], bounds: Callable[[Part], LengthBounds]) -> Pass:
        return summary_pass(
            self.request, self.model, chunks, bounds, lang=self.lang, has_guard=self.has_guard
        )

    def _intermediate_bounds(self, chunk: Part) -> LengthBounds:
        return self._lengths.intermediate_bounds(len(chunk.ids))

    def _add_level(self, outputs: Sequence[PartOutput]) -> None:
        self.levels.append(join(outputs, between_paragraphs(len(outputs))))
        if any(output.is_stand_in for output in outputs):
            said = (
                "The model wrote nothing for a part of the text; that part's first sentence stands in for it."
            )
            self._warn("empty_output", said)

    def _end(self) -> None:
        """The last level is the summary."""
        outputs = self.levels[-1].outputs
        self.summary = join(outputs, self._gap(len(outputs)))

    def _gap(self, num_parts: int) -> Gap:
        """Between the parts of the summary."""
        return between_sentences(num_parts)

    async def _finish(
        self, chunks: Sequence[Part], *, streams: bool
    ) -> AsyncGenerator[TokenEvent | FinishedChunk, None]:
        """The chunks that are left make the summary."""
        num_all = sum(len(chunk.ids) for chunk in chunks)

        def bounds(chunk: Part) -> LengthBounds:
            return self._lengths.part_bounds(len(chunk.ids), num_all)

        if len(chunks) > 1:
            async with closing(self._reduce(chunks, bounds, is_last=True)) as finished:
                async for part in finished:
                    yield part
            self._end()
            self._warn_of_cuts()
            return
        (only,) = chunks
        whole = bounds(only) if self.levels else self._lengths.bounds(num_all)
        async with closing(self._finish_whole(only, whole, streams=streams)) as events:
            async for event in events:
                yield event
        self._end()

    async def _finish_whole(
        self, chunk: Part, bounds: LengthBounds, *, streams: bool
    ) -> AsyncGenerator[TokenEvent | FinishedChunk, None]:
        """The one chunk that is left makes the summary."""
        joiner = Joiner(1, self._gap(1))
        async with closing(self._pass([chunk], lambda _: bounds).run(self.calls, streams=streams)) as items:
            async for _, item in items:
                output = item if isinstance(item, str | Exception) else self._whole_summary(item)
                for event in joiner.feed(0, output):
                    if isinstance(event, Finished):
                        yield FinishedChunk(len(self.levels), event.output, event.text, 1, 1)
                    else:
                        yield event
        self._add_level(joiner.result.outputs)

    def _whole_summary(self, output: PartOutput) -> PartOutput:
        """As it may be given where the limit cut it."""
        output = self._without_repetitions(self._supported(output)) if self._has_beams else output
        if output.finish_reason == "stop":
            return output
        whole = self._without_cut_sentence(output) if self._may_shorten else output
        ending = "it is cut there" if whole is output else "an unfinished sentence was left out"
        self._warn(
            "truncated", f"The summary reached the limit of output tokens ({output.num_tokens}): {ending}."
        )
        return whole

    @property
    def _may_shorten(self) -> bool:
        """Whether an unfinished sentence may be left out of the summary itself.

        Not where its tokens may have been streamed, nor where the caller said how many there are to be.
        """
        return self._has_beams and self.request.params.max_new_tokens is None

    @property
    def _has_beams(self) -> bool:
        """So that nothing is told of a summary before it is whole."""
        return (self.request.params.num_beams or self.model.default_params.num_beams or 1) > 1

    def _supported(self, output: PartOutput) -> PartOutput:
        """With sentences of the text for those that have numbers, names or measures which it does not have.

        Not where the caller said how long it may be.
        """
        limit = self.request.params.max_new_tokens
        if self.model.extraction is not None or output.is_stand_in or not self.has_guard or limit is not None:
            return output
        source = Source.read(output.part.text, self.lang)
        starts = [start for start, _ in sentence_spans(output.text, self.lang)]
        ends = [*starts[1:], len(output.text)]
        spans = [(a, a + len(output.text[a:b].rstrip())) for a, b in zip(starts, ends, strict=True)]
        edits = [(span, new) for span in spans if (new := source.replacement(output.text, span)) is not None]
        if not edits:
            return output
        self._warn(
            "sentence_replaced",
            "Sentences that the model wrote had numbers, names or measures which the text does not have; the "
            "nearest sentences of the text stand for them.",
        )
        return replace(output, answer=output.answer.edited(edits))

    def _without_repetitions(self, output: PartOutput) -> PartOutput:
        """Without sentences that say again what an earlier one has said."""
        if output.is_stand_in or not self.has_guard:
            return output
        spans = list(sentence_spans(output.text, self.lang))
        repeated = repetitions([output.text[start:end] for start, end in spans])
        if not repeated:
            return output
        ends = [*(start for start, _ in spans[1:]), len(output.text)]
        edits = [((spans[i][0], ends[i]), "") for i in repeated]
        answer = output.answer.edited(edits)
        return replace(output, answer=answer.part(0, len(answer.text.rstrip())))

    def _without_cut_sentence(self, output: PartOutput) -> PartOutput:
        """Without a last sentence that the limit cut, unless there is no other."""
        if output.finish_reason == "stop" or output.is_stand_in or is_finished(output.text):
            return output
        *whole, last = sentence_spans(output.text, self.lang)
        if not whole:
            return output
        end = len(output.text[: last[0]].rstrip())
        return replace(output, answer=output.answer.part(0, end))
