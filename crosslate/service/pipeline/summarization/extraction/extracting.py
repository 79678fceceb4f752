"""One text on its way to a summary of its own sentences, for models that extract.

The whole text is weighed first, sentence by sentence, without a model. So it is known which windows of a
long text hold what is worth saying; the model reads these, and chooses in each, among all of its sentences,
as many as were found there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from crosslate.models.configs.extraction_config import ExtractionConfig
from crosslate.models.engine.extraction import Extraction
from crosslate.models.engine.request import GenerationParams
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.parts.part import Part, Reader
from crosslate.service.pipeline.parts.quotable import Quotable
from crosslate.service.pipeline.passes.joined import Gap
from crosslate.service.pipeline.passes.passes import Attempt, Pass
from crosslate.service.pipeline.summarization import remarks
from crosslate.service.pipeline.summarization.extraction.quoting import passages_of
from crosslate.service.pipeline.summarization.extraction.salience import (
    ANY_LANGUAGE,
    SAME_TOPIC,
    Selection,
    Selector,
)
from crosslate.service.pipeline.summarization.extraction.units import Unit, read_units
from crosslate.service.pipeline.summarization.length import LengthBounds, with_bounds
from crosslate.service.pipeline.summarization.reading.chunking import Chunking, cut_into_chunks, within_window
from crosslate.service.pipeline.summarization.reading.sentences import is_finished, read_prose
from crosslate.service.pipeline.summarization.reduction.levels import between_lines, between_sentences
from crosslate.service.pipeline.summarization.reduction.reduction import FinishedChunk, Reduction
from crosslate.service.pipeline.summarization.types import SummaryRequest
from crosslate.service.pipeline.types import TokenEvent

_SPARE = 1.35
"""Room for the units of one window among several, in lengths of those that were found there first."""


@dataclass(slots=True)
class Extracting(Reduction):
    """The work on one request, as `Reduction`, but with one level: that of the windows worth reading."""

    is_foreign: bool = False
    """The text is in another language than the weights are for."""
    has_lines: bool = False
    """Each unit of the summary has a line of its own."""

    async def run(self, *, streams: bool) -> AsyncGenerator[TokenEvent | FinishedChunk, None]:
        """Do the work, tell of finished windows: what is quoted comes whole."""
        # A second for a very long document: not in the event loop.
        plan = await asyncio.to_thread(
            plan_extract, self.request, self.model, self.lang, is_foreign=self.is_foreign
        )
        if plan.reading.num_split:
            self.warn(remarks.split(plan.reading, self.model))
        if not plan.attempts or plan.reading.num_tokens <= self._lengths.longest_kept:
            self.warn(*remarks.kept(plan.reading, self.request, self.source.sent))
            yield TokenEvent(self.text)
            return
        if not plan.answers:
            self.warn(remarks.UNANSWERED)
        self.has_lines = plan.has_lines
        asked = Pass(
            engine=self.model.engine,
            reader=_reader(self.model),
            attempts=plan.attempts,
            attention=None if self.request.alignment == "none" else self.model.alignment.selection,
        )
        self.calls.expect(len(plan.attempts))
        async with aclosing(self._told(asked, is_last=True)) as finished:
            async for chunk in finished:
                yield chunk
        self._end()
        self._warn_of_cuts()
        self._warn_of_length()

    def _gap(self, num_parts: int) -> Gap:
        return between_lines(num_parts) if self.has_lines else between_sentences(num_parts)


@dataclass(frozen=True, slots=True)
class ExtractPlan:
    """What is asked of a model for one text; nothing where there is nothing to quote."""

    reading: Chunking
    attempts: Sequence[Attempt] = ()
    has_lines: bool = False
    answers: bool = True
    """The query, if there is one."""


def plan_extract(
    request: SummaryRequest, model: ServedModel, lang: str, *, is_foreign: bool = False
) -> ExtractPlan:
    """Weigh the text, and find the windows that are worth reading."""
    config = model.extraction or ExtractionConfig()
    if is_foreign:
        # Neither the words that are weighed nor the model's probabilities tell anything there.
        config = replace(config, engine=replace(config.engine, probability=0.0), features=ANY_LANGUAGE)
    reader, window = _reader(model), model.max_source_tokens
    sentences = read_prose(request.text, lang, model.substitutes)
    reading = cut_into_chunks(sentences, reader, window)
    if not reading.chunks:
        return ExtractPlan(reading)
    units = read_units(request.text, within_window(sentences, reader, window))
    units = [_quotable_within(unit, reading.chunks) for unit in units]
    selection = Selector(units, config.features, request.length, request.query).selection()
    has_lines = request.style == "bullets" or _is_of_lines([units[i] for i in selection.candidates])
    maker = _AttemptMaker(request, config, units, selection, has_lines)
    return ExtractPlan(reading, list(maker.attempts(reading)), has_lines, selection.answers)


@dataclass(frozen=True, slots=True)
class _AttemptMaker:
    """Windows with what may be quoted of them, and how much."""

    request: SummaryRequest
    config: ExtractionConfig
    units: Sequence[Unit]
    selection: Selection
    has_lines: bool

    def attempts(self, reading: Chunking) -> Iterator[Attempt]:
        """Of the windows that hold something that was chosen."""
        for chunk in reading.chunks:
            inside = [i for i in self.selection.candidates if _is_inside(self.units[i], chunk)]
            count = len(set(inside).intersection(self.selection.chosen))
            attempt = self._attempt(reading, chunk, inside, count) if count else None
            if attempt is not None:
                yield attempt

    def _attempt(self, reading: Chunking, chunk: Part, inside: Sequence[int], count: int) -> Attempt | None:
        """None where no token stands for anything of them."""
        if chunk.tokens is None:
            raise RuntimeError("a window that is to be quoted was read without spans")
        topics = self.selection.topics
        passages, kept = passages_of(
            chunk.source,
            chunk.tokens,
            [self.units[i] for i in inside],
            [self.selection.priors[i] for i in inside],
            None if topics is None else [topics[i] for i in inside],
            for_headline=self.request.length == "headline",
        )
        if not passages:
            return None
        quotes = Quotable(
            self.request.text,
            chunk.source,
            chunk.tokens,
            passages,
            [unit.text for unit in kept],
            mark="- " if self.request.style == "bullets" else "",
            separator="\n" if self.has_lines else " ",
        )
        weights = self.config.engine
        if topics is not None:
            weights = replace(weights, same_group=SAME_TOPIC)
        extraction = Extraction(passages=passages, count=count, weights=weights)
        params = self._params(reading, [p.end - p.start for p in passages], count)
        return Attempt(replace(chunk, quotes=quotes), params, extraction)

    def _params(self, reading: Chunking, lengths: Sequence[int], count: int) -> GenerationParams:
        """With room for `count` passages of these lengths; what the caller gave wins, in shares."""
        given, num_chosen = self.request.params, len(self.selection.chosen)
        most = max(lengths)
        if count > 1 and len(reading.chunks) == 1:
            num_words = sum(len(unit.words) for unit in self.units)
            most = max(most, reading.num_tokens * self.selection.max_words // max(num_words, 1))
        elif count > 1:
            most = max(most, int(_SPARE * count * sum(lengths) / len(lengths)))
        least = 0
        if given.max_new_tokens is not None:
            most = max(given.max_new_tokens * count // num_chosen, 1) - 1
        if given.min_new_tokens is not None:
            least = given.min_new_tokens * count // num_chosen
        # The end token has its place, too.
        return with_bounds(given, LengthBounds(min(least, most + 1), most + 1))


def _reader(model: ServedModel) -> Reader:
    return Reader(model.tokenizer, with_spans=True)


def _quotable_within(unit: Unit, chunks: Sequence[Part]) -> Unit:
    """What is cut by the end of a window cannot be quoted."""
    if unit.is_quotable and not any(_is_inside(unit, chunk) for chunk in chunks):
        return replace(unit, is_quotable=False)
    return unit


def _is_inside(unit: Unit, chunk: Part) -> bool:
    return chunk.span[0] <= unit.span[0] and unit.span[1] <= chunk.span[1]


def _is_of_lines(units: Sequence[Unit]) -> bool:
    """A conversation, or a chat whose lines have no full stops."""
    num_open = sum(not is_finished(unit.source_text) for unit in units)
    return any(unit.speaker is not None for unit in units) or 2 * num_open > len(units)
