"""From the tokens of a summary back to the tokens of the text, through all levels of summaries between them.

Shapes: T tokens of the summary, S tokens of a chunk, R tokens of a chunk's summary as it was generated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from crosslate.models.alignment.alignment import mask_special, membership
from crosslate.models.arrays import FloatArray
from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.alignment.token_maps import PlacedTokens, attention_of, carried, placed
from crosslate.service.pipeline.parts.part import PartOutput
from crosslate.service.pipeline.passes.joined import Joined
from crosslate.service.pipeline.summarization.reduction.reduction import Reduction
from crosslate.service.pipeline.text.origin import OriginMap
from crosslate.service.pipeline.text.words import segment_words


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
    *below, _ = reduction.levels
    last = reduction.summary
    if last is None:
        raise ValueError("the text is its own summary")
    read = list(_read_level(last, only_content=only_content))
    target = PlacedTokens(
        [piece for chunk in read for piece in chunk.written.pieces],
        [span for chunk in read for span in chunk.written.spans],
        (0, len(last.text)),
    )
    chunks: Iterable[TracedChunk] = _side_by_side(read)
    for level in reversed(below):
        chunks = _one_level_down(list(chunks), _read_level(level, only_content=only_content))
    sinks = [chunk.sink_mass for chunk in read]
    return Trace(target, chunks, np.concatenate(sinks) if sinks else np.zeros(0, dtype=np.float32))


def _read_level(level: Joined, *, only_content: bool) -> Iterator[_ReadChunk]:
    whole = OriginMap.of(level.text)
    for output, span in zip(level.outputs, level.spans, strict=True):
        yield _read_chunk(output, whole.part(*span), only_content=only_content)


def _read_chunk(output: PartOutput, place: OriginMap, *, only_content: bool) -> _ReadChunk:
    """`place` is where the summary stands in the document that it went into."""
    content = output.part.source
    source = placed(output.part.tokens, content.origin, content.span)
    if output.is_stand_in:
        # The words of the chunk's first sentence, which stand where they stood.
        words: list[Span] = segment_words(output.text)
        pieces, spans = [output.text[a:b] for a, b in words], place.spans(list(words))
        written = PlacedTokens(pieces, spans, place.extent)
        tokens = output.part.tokens
        attention = membership(words, [] if tokens is None else tokens.spans)
    else:
        written = placed(output.tokens, output.places(place), place.extent)
        attention = attention_of(output)
    token_map = mask_special(attention, source.content if only_content else source.spans)
    return _ReadChunk(source, written, token_map.matrix, token_map.sink_mass)


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
    for lower in below:
        start, end = lower.written.extent
        # (T, W)
        mass = np.zeros((chunks[0].attention.shape[0], len(lower.written.spans)), dtype=np.float32)
        for chunk in chunks:
            first, last = chunk.source.extent
            if first < end and start < last:
                mass += carried(chunk.attention, chunk.source, lower.written)
        # (T, W) @ (W, S) -> (T, S)
        yield TracedChunk(lower.source, mass @ lower.attention)
