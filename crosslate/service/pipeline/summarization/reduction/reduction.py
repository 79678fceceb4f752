"""One text on its way to its summary: read in chunks, the chunks' summaries read again, until they are few.

What is left at last, one chunk or several side by side, has the room of the whole summary in equal shares, so
that every region of a long text has its part in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.engines.engine_calls import EngineCalls
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.parts.part import Part, PartOutput
from crosslate.service.pipeline.passes.joined import FinishedPart, Gap, Joined, Joiner, join
from crosslate.service.pipeline.passes.passes import Pass
from crosslate.service.pipeline.summarization import remarks
from crosslate.service.pipeline.summarization.length import LengthBounds, LengthControl
from crosslate.service.pipeline.summarization.reading.chunking import Chunking, cut_into_chunks
from crosslate.service.pipeline.summarization.reading.sentences import read_prose, read_sentences
from crosslate.service.pipeline.summarization.reduction.levels import between_paragraphs, between_sentences
from crosslate.service.pipeline.summarization.reduction.mending import Certain, Evidence, Mender
from crosslate.service.pipeline.summarization.reduction.summary_pass import reader_of, summary_pass
from crosslate.service.pipeline.summarization.types import SummaryRequest
from crosslate.service.pipeline.text.origin import OriginMap
from crosslate.service.pipeline.text.readable import ReadableText
from crosslate.service.pipeline.types import TokenEvent

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
    """Of the text as it is read, `source.marked`."""
    source: ReadableText
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
    _evidence: Evidence = field(init=False)
    _num_cut: int = 0
    """Outputs of the last level that the limit cut in mid-sentence."""

    def __post_init__(self) -> None:
        self._evidence = Evidence(self.lang)

    @property
    def text(self) -> str:
        """The summary."""
        return self.source.plain.text if self.summary is None else self.summary.text

    @property
    def origin(self) -> OriginMap:
        """From the text that the summary is of to the one that was sent; kept, it is its own summary."""
        return self.source.marked.origin if self.levels else self.source.plain.origin

    @property
    def lang(self) -> str:
        """The language whose sentence boundaries hold; few rules differ between languages."""
        return self.model.pairs[0][0] if self.model.pairs else "en"

    def covered(self, level: int, chunk: Part) -> Span:
        """What a chunk stands for in the text as sent: its own span, or those of the summaries in it."""
        start, end = chunk.span
        if level == 0:
            return self.source.marked.origin.span((start, end))
        below = self.levels[level - 1]
        placed = zip(below.outputs, below.spans, strict=True)
        spans = [self.covered(level - 1, o.part) for o, at in placed if at[0] < end and start < at[1]]
        return spans[0][0], spans[-1][1]

    async def run(self, *, streams: bool) -> AsyncGenerator[TokenEvent | FinishedChunk, None]:
        """Do the work, tell of tokens (if `streams`) and finished chunks."""
        reading = await self._read(self.request.text)
        self._warn_of_reading(reading)
        self.warn(*remarks.ignored(self.request, self.model))
        if reading.num_tokens <= self._lengths.longest_kept:
            self.warn(*remarks.kept(reading, self.request, self.source.sent))
            yield TokenEvent(self.text)
            return
        self.num_windows = reading.num_tokens / self.model.max_source_tokens
        self.calls.expect(len(reading.chunks))
        num_parts = 1
        while len(reading.chunks) > num_parts:
            async with aclosing(self._reduce(reading.chunks, self._intermediate_bounds)) as finished:
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
        async with aclosing(self._finish(reading.chunks, streams=streams)) as events:
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
        self.warn(remarks.NOT_SHORTENED)
        return True

    async def _read(self, document: str, *, num_chunks: int = 1) -> Chunking:
        # A tenth of a second for a long document: not in the event loop.
        return await asyncio.to_thread(self._cut, document, num_chunks)

    def _cut(self, document: str, num_chunks: int) -> Chunking:
        read = read_sentences if self.levels else read_prose
        sentences = read(document, self.lang, self.model.substitutes)
        reader, window = reader_of(self.request, self.model), self.model.max_source_tokens
        return cut_into_chunks(sentences, reader, window, num_chunks=num_chunks)

    def warn(self, *notices: Notice) -> None:
        """Each once, however many parts of the text it is true of."""
        self.warnings += [notice for notice in dict.fromkeys(notices) if notice not in self.warnings]

    def _warn_of_reading(self, reading: Chunking) -> None:
        if reading.num_split:
            self.warn(remarks.split(reading, self.model))
        if not reader_of(self.request, self.model).knows(reading.chunks):
            self.warn(remarks.UNKNOWN)

    def _warn_of_length(self) -> None:
        """What is written is no shorter, lines and blanks apart, than what was sent."""
        if len(self.text) >= len(" ".join(self.request.text.split())):
            self.warn(remarks.NOT_SHORTER)

    async def _reduce(
        self, chunks: Sequence[Part], bounds: Callable[[Part], LengthBounds], *, is_last: bool = False
    ) -> AsyncGenerator[FinishedChunk, None]:
        """Summarize every chunk, in the order in which they finish; together they are a new level.

        The summaries of the last level are told as parts of the output, each once all before it are known.
        """
        async with aclosing(self._told(self._pass(chunks, bounds), is_last=is_last)) as finished:
            async for chunk in finished:
                yield chunk

    async def _told(self, asked: Pass, *, is_last: bool) -> AsyncGenerator[FinishedChunk, None]:
        """Have a level's chunks summarized."""
        num_chunks, num_finished, num_cut = len(asked.attempts), 0, 0
        joiner = Joiner(num_chunks, self._gap(num_chunks))
        async with aclosing(asked.run(self.calls, streams=False)) as items:
            async for index, item in items:
                if isinstance(item, Exception):
                    raise item
                if isinstance(item, str):
                    continue
                num_finished += 1
                num_cut += self._mender(item.part).is_cut(item)
                output = self._mended(item)
                text = "".join(told.text for told in joiner.feed(index, output))
                level, text = len(self.levels), text if is_last else ""
                yield FinishedChunk(level, output, text, num_finished, num_chunks)
        self._add_level(joiner.result.outputs, num_cut)

    def _pass(self, chunks: Sequence[Part], bounds: Callable[[Part], LengthBounds]) -> Pass:
        return summary_pass(
            self.request, self.model, chunks, bounds, evidence=self._evidence if self.has_guard else None
        )

    def _intermediate_bounds(self, chunk: Part) -> LengthBounds:
        return self._lengths.intermediate_bounds(len(chunk.ids))

    def _add_level(self, outputs: Sequence[PartOutput], num_cut: int = 0) -> None:
        self._num_cut = num_cut
        self.levels.append(join(outputs, between_paragraphs(len(outputs))))
        if any(output.is_stand_in for output in outputs):
            self.warn(remarks.STAND_IN)

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
            async with aclosing(self._reduce(chunks, bounds, is_last=True)) as finished:
                async for part in finished:
                    yield part
            self._end()
            self._warn_of_cuts()
            return
        (only,) = chunks
        whole = bounds(only) if self.levels else self._lengths.bounds(num_all)
        async with aclosing(self._finish_whole(only, whole, streams=streams)) as events:
            async for event in events:
                yield event
        self._end()

    async def _finish_whole(
        self, chunk: Part, bounds: LengthBounds, *, streams: bool
    ) -> AsyncGenerator[TokenEvent | FinishedChunk, None]:
        """The one chunk that is left makes the summary.

        It streams by sentences: of one that is open nobody knows whether it ends within the limit, nor
        whether it may stand as it is.
        """
        certain = Certain(self._mender(chunk))
        joiner = Joiner(1, self._gap(1))
        async with aclosing(self._pass([chunk], lambda _: bounds).run(self.calls, streams=streams)) as items:
            async for _, item in items:
                known = self._known(item, certain)
                for event in joiner.feed(0, known) if known else ():
                    if isinstance(event, FinishedPart):
                        yield FinishedChunk(len(self.levels), event.output, event.text, 1, 1)
                    else:
                        yield event
        self._add_level(joiner.result.outputs)

    def _known(self, item: str | PartOutput | Exception, certain: Certain) -> str | PartOutput | Exception:
        """What may be told of an output when this comes of it; an empty text where nothing may."""
        if isinstance(item, str):
            return certain.feed(item)
        if isinstance(item, Exception):
            return item
        mended = self._mended(item)
        self._warn_of_cut(item, mended)
        return mended

    def _mended(self, output: PartOutput) -> PartOutput:
        """As it may be given."""
        mender = self._mender(output.part)
        if not output.is_stand_in and mender.replaces(output):
            self.warn(remarks.REPLACED)
        return mender.mended(output)

    def _mender(self, chunk: Part) -> Mender:
        """Where the caller says how long a summary may be, no sentence takes the place of a shorter one."""
        is_open = self.model.extraction is None and self.request.params.max_new_tokens is None
        source = self._evidence.of(chunk.text) if self.has_guard and is_open else None
        return Mender(self.lang, drops_repetitions=self.has_guard, source=source)

    def _warn_of_cuts(self) -> None:
        """Of a last level whose summaries stand side by side."""
        if self._num_cut:
            self.warn(remarks.cut_parts(self._num_cut, len(self.levels[-1].outputs)))

    def _warn_of_cut(self, output: PartOutput, mended: PartOutput) -> None:
        mender = self._mender(output.part)
        if mender.is_cut(output):
            self.warn(remarks.cut(output.num_tokens, is_left_out=not mender.is_cut(mended)))
