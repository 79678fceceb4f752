"""The native API's summaries, and how the pipeline's results become them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from models.tokenizer import Span
from service.http.responses import (
    AlignmentAnswer,
    Answer,
    LinkAnswer,
    MatrixAnswer,
    MethodAnswer,
    TokenAnswer,
    UsageAnswer,
)
from service.pipeline.summarization.types import (
    SummaryAlignment,
    SummaryChunk,
    SummaryResult,
    SummarySentence,
)
from service.pipeline.types import OffsetUnit


class SummaryChunkAnswer(Answer):
    """A part of the text that was summarized in one go."""

    level: int
    """0: the text itself was read; above: the summaries of the level below."""
    source: Span
    """What it covers of the text."""
    summary: str
    """What became of it."""
    score: float
    """Mean natural log-probability of its tokens."""
    finish_reason: Literal["stop", "length"]
    """`length`: it is cut where the limit of output tokens was reached."""

    @classmethod
    def of(cls, chunk: SummaryChunk) -> SummaryChunkAnswer:
        """From the pipeline's."""
        return cls(
            level=chunk.level,
            source=chunk.source,
            summary=chunk.text,
            score=chunk.score,
            finish_reason=chunk.finish_reason,
        )


class SentenceSourceAnswer(Answer):
    """A source sentence and its share of the attention of a summary sentence, 0 to 1."""

    source: Span
    """The sentence, in the text that was sent."""
    mass: float
    """0 to 1."""


class SummarySentenceAnswer(Answer):
    """A sentence of the summary and the source sentences that it rests on, heaviest first."""

    target: Span
    """The sentence, in the summary."""
    sources: list[SentenceSourceAnswer]
    """Heaviest first."""
    sink_mass: float
    """Attention on tokens without content (end, punctuation), removed before the shares were taken."""

    @classmethod
    def of(cls, sentence: SummarySentence) -> SummarySentenceAnswer:
        """From the pipeline's."""
        return cls(
            target=sentence.target,
            sources=[SentenceSourceAnswer(source=s.source, mass=s.mass) for s in sentence.sources],
            sink_mass=sentence.sink_mass,
        )


class SummaryAlignmentAnswer(Answer):
    """Which parts of the text a summary rests on; every span in `unit`.

    What concerns words is null at the level `sentences`, what concerns tokens below `matrix`.
    """

    unit: OffsetUnit
    """Of every span."""
    method: MethodAnswer
    """How it was read off the model."""
    sentences: list[SummarySentenceAnswer]
    """Those of the summary, in order."""
    links: list[LinkAnswer] | None = None
    """Words that belong together."""
    source_words: list[Span] | None = None
    """Words of the text, in order."""
    target_words: list[Span] | None = None
    """Words of the summary, in order."""
    pharaoh: str | None = None
    """Links as indices into the words, `source-target`."""
    sink_mass: list[float] | None = None
    """For each word of the summary: the attention on tokens that stand for no text."""
    source_tokens: list[TokenAnswer] | None = None
    """The columns of `matrix`."""
    target_tokens: list[TokenAnswer] | None = None
    """The rows of `matrix`."""
    matrix: MatrixAnswer | None = None
    """Attention of each token of the summary on the text's tokens."""

    @classmethod
    def of(cls, alignment: SummaryAlignment) -> SummaryAlignmentAnswer:
        """From the pipeline's."""
        sentences = [SummarySentenceAnswer.of(sentence) for sentence in alignment.sentences]
        method = MethodAnswer.of(alignment.method)
        if alignment.words is None:
            return cls(unit=alignment.unit, method=method, sentences=sentences)
        words = AlignmentAnswer.of(alignment.words)
        return cls(
            unit=alignment.unit,
            method=method,
            sentences=sentences,
            links=words.links,
            source_words=words.source_words,
            target_words=words.target_words,
            pharaoh=words.pharaoh,
            sink_mass=words.sink_mass,
            source_tokens=words.source_tokens,
            target_tokens=words.target_tokens,
            matrix=words.matrix,
        )


class SummaryAnswer(Answer):
    """The summary of one text."""

    model: str
    """The model that summarized."""
    text: str
    """The summary."""
    finish_reason: Literal["stop", "length"]
    """`length`: it is cut."""
    score: float
    """Mean natural log-probability of the summary's tokens; 0 where the text came back as it is."""
    warnings: list[str]
    """What the reader should know."""
    chunks: list[SummaryChunkAnswer]
    """Everything that was summarized on the way, level by level; empty where the text came back as it is."""
    alignment: SummaryAlignmentAnswer | None
    """Null unless it was asked for."""

    @classmethod
    def of(cls, result: SummaryResult) -> SummaryAnswer:
        """From the pipeline's."""
        return cls(
            model=result.model,
            text=result.text,
            finish_reason=result.finish_reason,
            score=result.score,
            warnings=result.warnings,
            chunks=[SummaryChunkAnswer.of(chunk) for chunk in result.chunks],
            alignment=None if result.alignment is None else SummaryAlignmentAnswer.of(result.alignment),
        )


class SummarizeAnswer(Answer):
    """`POST /v1/summarize`."""

    model: str
    """That of the first text."""
    summaries: list[SummaryAnswer]
    """One for each text, in order."""
    usage: UsageAnswer
    """Of all texts together."""

    @classmethod
    def of(cls, results: Sequence[SummaryResult]) -> SummarizeAnswer:
        """From one result or more."""
        return cls(
            model=results[0].model,
            summaries=[SummaryAnswer.of(result) for result in results],
            usage=UsageAnswer.of(results),
        )
