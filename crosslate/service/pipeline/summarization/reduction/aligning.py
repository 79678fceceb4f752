"""Which source sentences, words and tokens a summary rests on, in the unit that was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from crosslate.models.alignment.alignment import membership, row_normalised
from crosslate.models.arrays import FloatArray
from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.alignment.align import TextAligner, overlapping
from crosslate.service.pipeline.alignment.alignment_result import alignment_result
from crosslate.service.pipeline.alignment.matrix_size import MatrixBudget, num_values
from crosslate.service.pipeline.alignment.token_maps import PartMap, PlacedTokens
from crosslate.service.pipeline.summarization.reading.sentences import read_prose, read_sentences
from crosslate.service.pipeline.summarization.reduction.reduction import Reduction
from crosslate.service.pipeline.summarization.reduction.trace import Trace, trace
from crosslate.service.pipeline.summarization.types import SentenceSource, SummaryAlignment, SummarySentence
from crosslate.service.pipeline.text.offsets import OffsetConverter
from crosslate.service.pipeline.text.words import segment_words
from crosslate.service.pipeline.types import AlignmentLevel, AlignmentMethod, AlignmentResult

_LINE = re.compile(r"[^\n]+")
_LEAST_MASS = 0.01
"""Sources with less are not listed."""


def align_summary(reduction: Reduction, budget: MatrixBudget) -> SummaryAlignment:
    """The alignment of a finished reduction, at the level of its request.

    Raises `ServiceError` 413 `alignment_too_large` when a matrix is larger than what is left of the budget.
    """
    request, model = reduction.request, reduction.model
    return SummaryAlignment(
        unit=request.offset_unit,
        method=AlignmentMethod(
            layer=model.alignment.layer, heads=model.alignment.heads, row=model.alignment.row, symmetric=False
        ),
        sentences=_sentences(reduction),
        words=None if request.alignment == "sentences" else _words(reduction, budget),
    )


def _sentences(reduction: Reduction) -> list[SummarySentence]:
    request, substitutes = reduction.request, reduction.model.substitutes
    if reduction.levels:
        targets = summary_sentences(reduction.text, reduction.lang, substitutes)
        sources = [s.span for s in read_prose(request.text, reduction.lang, substitutes)]
        traced = trace(reduction, only_content=True)
        masses, sinks = sentence_masses(traced, sources, targets)
    else:
        sources = targets = [s.span for s in read_sentences(reduction.text, reduction.lang, substitutes)]
        masses, sinks = np.eye(len(sources), dtype=np.float32), np.zeros(len(sources), dtype=np.float32)
    source_units = OffsetConverter(reduction.source.sent, request.offset_unit)
    places = [reduction.origin.span(source) for source in sources]
    target_units = OffsetConverter(reduction.text, request.offset_unit)
    return [
        SummarySentence(
            target=target_units.span(target),
            sources=[
                SentenceSource(source_units.span(places[i]), mass) for i, mass in _heaviest(masses[row])
            ],
            sink_mass=round(float(sinks[row]), 4),
        )
        for row, target in enumerate(targets)
    ]


def summary_sentences(text: str, lang: str, substitutes: Mapping[int, str]) -> list[Span]:
    """The sentences of a summary. Where the model ended a line, it ended a sentence."""
    return [
        (line.start() + start, line.start() + end)
        for line in _LINE.finditer(text)
        for start, end in (s.span for s in read_sentences(line.group(), lang, substitutes))
    ]


def sentence_masses(
    traced: Trace, sources: Sequence[Span], targets: Sequence[Span]
) -> tuple[FloatArray, FloatArray]:
    """Shares of source sentences in summary sentences `(F, N)`, and each one's sink mass `(F,)`.

    Only what has a letter or digit counts, on both sides; rows sum to 1 unless nothing is left.
    """
    # (F, T), a mean over the sentence's tokens
    rows = row_normalised(membership(targets, traced.target.content))
    masses = np.zeros((len(targets), len(sources)), dtype=np.float32)
    for chunk in traced.chunks:
        first, inside = overlapping(sources, chunk.source.extent)
        # (F, T) @ (T, S) @ (S, N) -> (F, N)
        mass = rows @ chunk.attention @ membership(inside, chunk.source.spans).T
        masses[:, first : first + len(inside)] += mass
    return row_normalised(masses), rows @ traced.sink_mass


def _heaviest(masses: FloatArray) -> Iterator[tuple[int, float]]:
    for i in np.argsort(-masses, kind="stable").tolist():
        # Cut, not rounded, so that they never sum to more than 1.
        mass = int(masses[i] * 10_000) / 10_000
        if mass < _LEAST_MASS:
            return
        yield i, mass


def _words(reduction: Reduction, budget: MatrixBudget) -> AlignmentResult:
    """Word links, and the matrix where it is wanted, over the whole text and the whole summary."""
    request, text = reduction.request, reduction.text
    level: AlignmentLevel = "matrix" if request.alignment == "matrix" else "links"
    config, unit = reduction.model.alignment, request.offset_unit
    maps = _part_maps(reduction)
    if request.alignment == "matrix":
        budget.take(num_values(maps))
    source = request.text if reduction.levels else text
    target_words = segment_words(text)
    words = reduction.source.words() if reduction.levels else target_words, target_words
    links = TextAligner(source, text, config, words).links(maps, max_word_pairs=budget.max_values)
    sent = reduction.source.sent
    return alignment_result(
        links.from_origin(reduction.origin), sent, text, config=config, level=level, unit=unit
    )


def _part_maps(reduction: Reduction) -> list[PartMap]:
    """One map of everything; none when the text was returned as it is, so that each word is its own."""
    if not reduction.levels:
        return []
    traced = trace(reduction, only_content=False)
    chunks = list(traced.chunks)
    pieces = [piece for chunk in chunks for piece in chunk.source.pieces]
    spans = [span for chunk in chunks for span in chunk.source.spans]
    return [
        PartMap(
            source=PlacedTokens(pieces, spans, (0, len(reduction.request.text))),
            target=PlacedTokens(traced.target.pieces, traced.target.spans, (0, len(reduction.text))),
            attention=np.concatenate([chunk.attention for chunk in chunks], axis=1),
        )
    ]
