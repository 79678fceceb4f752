"""Summaries, and what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from crosslate.client.arrays import Matrix
from crosslate.client.translations import (
    AlignmentMethod,
    FinishReason,
    Link,
    Notice,
    Span,
    Token,
    Usage,
    word_pairs,
)


@dataclass(frozen=True, slots=True)
class SummaryChunk:
    """A part of a text that was summarized in one go; above level 0, summaries were."""

    level: int
    source: Span
    summary: str
    score: float
    finish_reason: FinishReason


@dataclass(frozen=True, slots=True)
class SentenceSource:
    """A sentence of the text, and its share of what a sentence of the summary rests on, 0 to 1."""

    source: Span
    mass: float


@dataclass(frozen=True, slots=True)
class SummarySentence:
    """A sentence of a summary, and those that it rests on, heaviest first."""

    target: Span
    sources: tuple[SentenceSource, ...]
    sink_mass: float


@dataclass(frozen=True, slots=True, eq=False)
class SummaryAlignment:
    """Which parts of a text a summary rests on; words from the level `links` up, tokens with `matrix`."""

    unit: Literal["codepoint", "utf16", "utf8"]
    method: AlignmentMethod
    sentences: tuple[SummarySentence, ...]
    links: tuple[Link, ...] | None = None
    source_words: tuple[Span, ...] | None = None
    target_words: tuple[Span, ...] | None = None
    pharaoh: str | None = None
    sink_mass: tuple[float, ...] | None = None
    source_tokens: tuple[Token, ...] | None = None
    target_tokens: tuple[Token, ...] | None = None
    matrix: Matrix | None = None

    @property
    def pairs(self) -> npt.NDArray[np.intp]:
        """The links as indices into the words: (N, 2); none below the level `links`."""
        return word_pairs(self.pharaoh or "")


@dataclass(frozen=True, slots=True)
class SummarySupport:
    """How far a sentence of a summary is to be found in the text; `unsupported`: what of it is not."""

    target: Span
    faithfulness: float
    copied: bool
    unsupported: tuple[Span, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """The summary of one text."""

    model: str
    text: str
    finish_reason: FinishReason
    score: float
    warnings: tuple[Notice, ...]
    chunks: tuple[SummaryChunk, ...]
    alignment: SummaryAlignment | None
    sentences: tuple[SummarySupport, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Summaries:
    """The answer to a list of texts."""

    model: str
    summaries: tuple[Summary, ...]
    usage: Usage
