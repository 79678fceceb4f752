"""From the tokens of a summary back to the tokens of the text, through all levels of summaries between them.

Shapes: T tokens of the summary, S tokens of a chunk, R tokens of a chunk's summary as it was generated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.alignment import FloatArray, mask_special, membership
from models.tokenizer import Span, Tokenizer
from service.pipeline.summarization.levels import between_paragraphs
from service.pipeline.summarization.part_generation import ChunkSummary
from service.pipeline.summarization.reduction import Reduction
from service.pipeline.words import segment_words


@dataclass(frozen=True, slots=True)
class TracedTokens:
    """Tokens and where they stand in a document, in code points; None for what stands for no text of it."""

    pieces: list[str]
    spans: list[Span | None]

    @property
    def extent(self) -> Span:
        """From the first token that stands for text to the last; empty where none does."""
        first = next((span for span in self.spans if span is not None), (0, 0))
        last = next((span for span in reversed(self.spans) if span is not None), first)
        return first[0], last[1]

    @property
    def content(self) -> list[Span | None]:
        """The spans of tokens with a letter or digit; None for the others too."""
        return [
            span if any(map(str.isalnum, piece)) else None
            for piece, span in zip(self.pieces, self.spans, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class TracedChunk:
    """What a chunk of the text gave to the summary: `attention` `(T, S)`."""

    source: TracedTokens
    attention: FloatArray


@dataclass(frozen=True, slots=True)
class Trace:
    """A summary's tokens, and the attention that each chunk of the text has from them."""

    target: TracedTokens
    chunks: Iterable[TracedChunk]
    """In order; to be iterated once, since those of a long text are made one by one."""
    sink_mass: FloatArray
    """`(T,)`: attention of the last level on tokens without content, left out of the chunks'."""


@dataclass(frozen=True, slots=True)
class _ReadChunk:
    """A chunk's tokens, those of its summary, and the map between them `(R, S)`, rows summing to 1."""

    source: TracedTokens
    written: TracedTokens
    attention: FloatArray
    sink_mass: FloatArray


def trace(reduction: Reduction, *, only_content: bool) -> Trace:
    """Compose the attention of all levels.

    `only_content` leaves out source tokens without a letter or digit: models rest their attention on marks.
    """
    tokenizer = reduction.model.tokenizer
    *below, last = reduction.levels
    read = [
        _read_chunk(summary, span, tokenizer, only_content=only_content)
        for summary, span in zip(last.summaries, reduction.placed, strict=True)
    ]
    target = TracedTokens(
        [piece for chunk in read for piece in chunk.written.pieces],
        [span for chunk in read for span in chunk.written.spans],
    )
    chunks: Iterable[TracedChunk] = _side_by_side(read)
    for level in reversed(below):
        lower = (
            _read_chunk(summary, span, tokenizer, only_content=only_content)
            for summary, span in zip(level.summaries, level.placed(between_paragraphs), strict=True)
        )
        chunks = _one_level_down(list(chunks), lower)
    sinks = [chunk.sink_mass for chunk in read]
    return Trace(target, chunks, np.concatenate(sinks) if sinks else np.zeros(0, dtype=np.float32))


def _read_chunk(summary: ChunkSummary, span: Span, tokenizer: Tokenizer, *, only_content: bool) -> _ReadChunk:
    """`span` is where the summary stands in the document that it went into."""
    content = summary.chunk.content
    tokens = tokenizer.tokenize_source(content.text)
    source = TracedTokens(tokens.pieces, content.original_spans(tokens.spans))
    written, attention = _written(summary, tokenizer, tokens.spans)
    moved = [None if at is None else (at[0] + span[0], at[1] + span[0]) for at in written.spans]
    token_map = mask_special(attention, source.content if only_content else source.spans)
    return _ReadChunk(source, TracedTokens(written.pieces, moved), token_map.matrix, token_map.sink_mass)


def _written(
    summary: ChunkSummary, tokenizer: Tokenizer, source_spans: Sequence[Span | None]
) -> tuple[TracedTokens, FloatArray]:
    """The tokens of a summary with their spans in its text, and their attention `(R, S)`."""
    if summary.is_stand_in:
        # The words of the chunk's first sentence, which stand where they stood.
        words: list[Span] = segment_words(summary.text)
        copied = membership(words, source_spans)
        return TracedTokens([summary.text[a:b] for a, b in words], list(words)), copied
    hypothesis = summary.hypothesis
    if hypothesis.attention is None:
        raise RuntimeError("the engine answered a request for attention without any")
    tokens = tokenizer.detokenize(hypothesis.token_ids)
    lead, end = len(tokens.text) - len(tokens.text.lstrip()), len(summary.text)
    spans = [
        None if span is None or span[1] - lead > end else (span[0] - lead, span[1] - lead)
        for span in tokens.spans
    ]
    return TracedTokens(tokens.pieces, spans), hypothesis.attention


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
        shown = [i for i, at in enumerate(lower.written.spans) if at is not None]
        written = [at for at in lower.written.spans if at is not None]
        start, end = lower.written.extent
        # (T, R)
        mass = np.zeros((chunks[0].attention.shape[0], len(lower.written.spans)), dtype=np.float32)
        for chunk, extent in zip(chunks, extents, strict=True):
            if extent[0] < end and start < extent[1]:
                # (T, S) @ (S, R) -> (T, R)
                mass[:, shown] += chunk.attention @ membership(written, chunk.source.spans).T
        # (T, R) @ (R, S) -> (T, S)
        yield TracedChunk(lower.source, mass @ lower.attention)
