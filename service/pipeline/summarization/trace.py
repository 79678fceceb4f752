"""From the tokens of a summary back to the tokens of the text, through all levels of summaries between them.

Shapes: T tokens of the summary, S tokens of a chunk, R tokens of a chunk's summary as it was generated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.alignment import FloatArray, mask_special, membership
from models.tokenizer import Span, Tokenizer
from service.pipeline.align import PlacedTokens, placed, shown
from service.pipeline.origin import OriginMap
from service.pipeline.summarization.levels import (
    Level,
    Separator,
    between_paragraphs,
    between_sentences,
)
from service.pipeline.summarization.part_generation import ChunkSummary
from service.pipeline.summarization.reduction import Reduction
from service.pipeline.words import segment_words


@dataclass(frozen=True, slots=True)
class TracedChunk:
    """What a chunk of the text gave to the summary: `attention` `(T, S)`."""

    source: PlacedTokens
    attention: FloatArray


@dataclass(frozen=True, slots=True)
class Trace:
    """A summary's tokens, and the attention that each chunk of the text has from them."""

    target: PlacedTokens
    chunks: Iterable[TracedChunk]
    """In order; to be iterated once, since those of a long text are made one by one."""
    sink_mass: FloatArray
    """`(T,)`: attention of the last level on tokens without content, left out of the chunks'."""


@dataclass(frozen=True, slots=True)
class _ReadChunk:
    """A chunk's tokens, those of its summary, and the map between them `(R, S)`, rows summing to 1."""

    source: PlacedTokens
    written: PlacedTokens
    attention: FloatArray
    sink_mass: FloatArray


def trace(reduction: Reduction, *, only_content: bool) -> Trace:
    """Compose the attention of all levels.

    `only_content` leaves out source tokens without a letter or digit: models rest their attention on marks.
    """
    *below, last = reduction.levels
    read = list(_read_level(last, between_sentences, reduction.model.tokenizer, only_content=only_content))
    target = PlacedTokens(
        [piece for chunk in read for piece in chunk.written.pieces],
        [span for chunk in read for span in chunk.written.spans],
        (0, len(reduction.text)),
    )
    chunks: Iterable[TracedChunk] = _side_by_side(read)
    for level in reversed(below):
        lower = _read_level(level, between_paragraphs, reduction.model.tokenizer, only_content=only_content)
        chunks = _one_level_down(list(chunks), lower)
    sinks = [chunk.sink_mass for chunk in read]
    return Trace(target, chunks, np.concatenate(sinks) if sinks else np.zeros(0, dtype=np.float32))


def _read_level(
    level: Level, separator: Separator, tokenizer: Tokenizer, *, only_content: bool
) -> Iterator[_ReadChunk]:
    whole = OriginMap.of(level.joined(separator))
    for summary, span in zip(level.summaries, level.placed(separator), strict=True):
        yield _read_chunk(summary, whole.part(*span), tokenizer, only_content=only_content)


def _read_chunk(
    summary: ChunkSummary, place: OriginMap, tokenizer: Tokenizer, *, only_content: bool
) -> _ReadChunk:
    """`place` is where the summary stands in the document that it went into."""
    content = summary.chunk.content
    tokens = tokenizer.tokenize_source(content.text)
    source = placed(tokens, content.origin)
    pieces, spans, attention = _written(summary, tokenizer, tokens.spans)
    written = PlacedTokens(pieces, place.spans(spans), place.extent)
    token_map = mask_special(attention, source.content if only_content else source.spans)
    return _ReadChunk(source, written, token_map.matrix, token_map.sink_mass)


def _written(
    summary: ChunkSummary, tokenizer: Tokenizer, source_spans: Sequence[Span | None]
) -> tuple[list[str], list[Span | None], FloatArray]:
    """The tokens of a summary with their spans in its text, and their attention `(R, S)`."""
    if summary.is_stand_in:
        # The words of the chunk's first sentence, which stand where they stood.
        words: list[Span] = segment_words(summary.text)
        return [summary.text[a:b] for a, b in words], list(words), membership(words, source_spans)
    hypothesis = summary.hypothesis
    if hypothesis.attention is None:
        raise RuntimeError("the engine answered a request for attention without any")
    tokens, end = shown(tokenizer.detokenize(hypothesis.token_ids)), len(summary.text)
    spans = [None if span is None or span[1] > end else span for span in tokens.spans]
    return tokens.pieces, spans, hypothesis.attention


def _side_by_side(read: Sequence[_ReadChunk]) -> Iterator[TracedChunk]:
    """Chunks of which each has its own part of the summary."""
    num_rows = sum(len(chunk.written.spans) for chunk in read)
    row = 0
    for chunk in read:
        attention = np.zeros((num_rows, chunk.attention.shape[1]), dtype=np.float32)
        attention[row : row + len(chunk.written.spans)] = chunk.attention
        row += len(chunk.written.spans)
        yield TracedChunk(chunk.source, attention)


def _one_level_down(chunks: Sequence[TracedChunk], below: Iterable[_ReadChunk]) -> Iterator[TracedChunk]:
    """What the chunks of a level gave through their summaries, which `chunks` are made of.

    A summary was generated as one row of tokens and is read as another: mass goes over by overlap.
    """
    extents = [chunk.source.extent for chunk in chunks]
    for lower in below:
        rows = [i for i, at in enumerate(lower.written.spans) if at is not None]
        written = [at for at in lower.written.spans if at is not None]
        start, end = lower.written.extent
        # (T, R)
        mass = np.zeros((chunks[0].attention.shape[0], len(lower.written.spans)), dtype=np.float32)
        for chunk, extent in zip(chunks, extents, strict=True):
            if extent[0] < end and start < extent[1]:
                # (T, S) @ (S, R) -> (T, R)
                mass[:, rows] += chunk.attention @ membership(written, chunk.source.spans).T
        # (T, R) @ (R, S) -> (T, S)
        yield TracedChunk(lower.source, mass @ lower.attention)
