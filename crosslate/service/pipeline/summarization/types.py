"""Requests and results of summarization: plain data; offsets in code points unless `unit` says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from crosslate.models.engine.request import GenerationParams
from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.pipeline.degeneration.guard import Verdict
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.text.offsets import OffsetUnit
from crosslate.service.pipeline.types import (
    AlignmentMethod,
    AlignmentResult,
    DoneEvent,
    TextFormat,
    TokenEvent,
)

SummaryLength = Literal["headline", "short", "medium", "long", "auto"]
SummaryStyle = Literal["prose", "bullets"]
SummaryAlignmentLevel = Literal["none", "sentences", "links", "matrix"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRequest:
    """One text to summarize."""

    text: str
    text_format: TextFormat = "text"
    model: str | None = None
    length: SummaryLength = "auto"
    query: str | None = None
    """What the reader wants to know."""
    style: SummaryStyle = "prose"
    alignment: SummaryAlignmentLevel = "none"
    offset_unit: OffsetUnit = "codepoint"
    params: GenerationParams = field(default_factory=GenerationParams)


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryChunk:
    """A part of the text that was summarized in one go."""

    level: int
    """0: the text itself was read; above: the summaries of the level below."""
    source: Span
    """What it covers of the text as it was sent."""
    text: str
    """Its own summary."""
    score: float
    finish_reason: Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class SentenceSource:
    """A source sentence, and the share of attention that a summary sentence paid to it, 0..1."""

    source: Span
    mass: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarySentence:
    """A sentence of the summary and what it rests on, heaviest first; the masses sum to at most 1."""

    target: Span
    sources: list[SentenceSource]
    sink_mass: float
    """Attention on tokens without content (end, punctuation), removed before the shares were taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummarySupport:
    """How far a sentence of the summary is to be found in the text."""

    target: Span
    faithfulness: float
    """0 to 1: the share of its content words that one sentence of the text has, halved by each fact in
    `unsupported`"""
    copied: bool
    """Its words stand so in the text."""
    unsupported: list[Span]
    """Its numbers, names and measures that the text does not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryAlignment:
    """Which parts of the text a summary rests on; `words` from level "links" up."""

    unit: OffsetUnit
    method: AlignmentMethod
    sentences: list[SummarySentence]
    words: AlignmentResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryResult:
    """The summary of one text; spans in the unit that was asked for."""

    model: str
    text: str
    finish_reason: Literal["stop", "length"]
    score: float
    warnings: list[Notice]
    chunks: list[SummaryChunk]
    alignment: SummaryAlignment | None
    sentences: list[SummarySupport] = field(default_factory=list)
    """Those of the summary, in order."""
    num_characters: int
    num_prompt_tokens: int
    num_generation_tokens: int
    verdicts: list[Verdict] = field(default_factory=list)
    """Of the chunks whose first summary was degenerate, in order; `warnings` has them in words."""


@dataclass(frozen=True, slots=True)
class ChunkEvent:
    """A chunk is finished. Those of one level come in the order in which they finish."""

    chunk: SummaryChunk
    text: str
    """The part of the summary that is hereby given: not what was streamed as tokens before."""
    num_finished: int
    num_chunks: int
    """Of this chunk's level."""


SummaryEvent = TokenEvent | ChunkEvent | DoneEvent[SummaryResult]
