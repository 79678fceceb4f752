"""The native API's summaries: see `responses`."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, model_validator

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.http.responses import (
    Answer,
    LinkAnswer,
    MatrixAnswer,
    MethodAnswer,
    TokenAnswer,
    UsageAnswer,
    WarningAnswer,
)
from crosslate.service.pipeline.summarization.types import SummaryAlignment, SummaryResult
from crosslate.service.pipeline.text.offsets import OffsetUnit

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class SummaryChunkAnswer(Answer):
    """A part of the text that was summarized in one go."""

    level: int
    """0: the text itself was read; above: the summaries of the level below."""
    source: Span
    """What it covers of the text."""
    summary: Annotated[str, Field(validation_alias="text")]
    """What became of it."""
    score: float
    """Mean natural log-probability of its tokens."""
    finish_reason: Literal["stop", "length"]
    """`length`: it is cut where the limit of output tokens was reached."""


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

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, alignment: object) -> object:
        """What concerns words stands beside the rest."""
        if not isinstance(alignment, SummaryAlignment):
            return alignment
        return _attributes(alignment.words) | _attributes(alignment)


class SummarySupportAnswer(Answer):
    """How far a sentence of the summary is to be found in the text."""

    target: Span
    """The sentence, in the summary."""
    faithfulness: float
    """0 to 1: the share of its content words that one sentence of the text has, halved by each `unsupported`
    fact."""
    copied: bool
    """Its words stand so in the text."""
    unsupported: list[Span]
    """Its numbers, names and measures that the text does not have, in the summary."""


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
    warnings: list[WarningAnswer]
    """What the reader should know."""
    chunks: list[SummaryChunkAnswer]
    """Everything that was summarized on the way, level by level; empty where the text came back as it is."""
    alignment: SummaryAlignmentAnswer | None
    """Null unless it was asked for."""
    sentences: list[SummarySupportAnswer]
    """Those of the summary, in order."""


class SummarizeAnswer(Answer):
    """`POST /v1/summarize`."""

    model: str
    """That of the first text."""
    summaries: list[SummaryAnswer]
    """One for each text, in order."""
    usage: UsageAnswer
    """Of all texts together."""

    @classmethod
    def of(cls, results: Sequence[SummaryResult]) -> Self:
        """From one result or more."""
        usage = UsageAnswer.of(results)
        return cls.model_validate({"model": results[0].model, "summaries": results, "usage": usage})


def _attributes(result: DataclassInstance | None) -> dict[str, object]:
    return {} if result is None else {f.name: getattr(result, f.name) for f in dataclasses.fields(result)}
