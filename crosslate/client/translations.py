"""Translations, and what is in them. Spans are half open, `(start, end)`, in the unit that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from crosslate.client.arrays import Matrix

Span: TypeAlias = tuple[int, int]
FinishReason: TypeAlias = Literal["stop", "length"]
"""`length`: it was cut where the limit of output tokens was reached."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A language, and how sure the detector is, 0 to 1; `und` where the text says nothing."""

    lang: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that the reader should know; the spans are None where it is about all of a text."""

    code: str
    message: str
    source: Span | None
    target: Span | None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a request cost, over all its texts."""

    characters: int
    prompt_tokens: int
    generation_tokens: int


@dataclass(frozen=True, slots=True)
class AlignmentMethod:
    """How an alignment was read; `pivot` is the language between, where two models' maps were joined."""

    layer: int | None
    heads: tuple[int, ...] | None
    row: Literal["input", "output"]
    symmetric: bool
    pivot: str | None
    hard_links: Literal["free", "monotone"] | None = None
    reverse: Literal["model", "encoder"] | None = None
    """What linked the other way, where links are symmetric: a model, or this one's encoder."""


@dataclass(frozen=True, slots=True)
class Link:
    """Two words that belong together; `score` is a share of the attention, 0 to 1."""

    source: Span
    target: Span
    score: float


@dataclass(frozen=True, slots=True)
class Token:
    """A token and the text it stands for; None where it stands for none."""

    text: str
    span: Span | None


def word_pairs(pharaoh: str) -> npt.NDArray[np.intp]:
    """`"0-0 1-2"` as [[0, 0], [1, 2]]: (N, 2)."""
    pairs = [[int(index) for index in pair.split("-")] for pair in pharaoh.split()]
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """Which words of an output belong to which of its source; from the level `matrix` up, which tokens do."""

    unit: Literal["codepoint", "utf16", "utf8"]
    method: AlignmentMethod
    links: tuple[Link, ...]
    source_words: tuple[Span, ...]
    target_words: tuple[Span, ...]
    pharaoh: str
    sink_mass: tuple[float, ...]
    source_tokens: tuple[Token, ...] | None = None
    target_tokens: tuple[Token, ...] | None = None
    matrix: Matrix | None = None
    """(T, S), rows sum to 1; of the level `full` (L, H, T, S)."""

    @property
    def pairs(self) -> npt.NDArray[np.intp]:
        """The links as indices into `source_words` and `target_words`: (N, 2)."""
        return word_pairs(self.pharaoh)


@dataclass(frozen=True, slots=True)
class Segment:
    """A sentence and its translation; `score` is the mean log-probability of its tokens."""

    source: Span
    target: Span
    score: float
    finish_reason: FinishReason


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another translation of the whole text."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a glossary where it stands in a text; `reason` says why it is not enforced."""

    source: str
    target: str
    source_span: Span
    span: Span | None
    enforced: bool
    reason: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Translation:
    """The translation of one text."""

    model: str
    text: str
    source_lang: str
    target_lang: str
    detected: Detection | None
    finish_reason: FinishReason
    score: float
    warnings: tuple[Notice, ...]
    segments: tuple[Segment, ...]
    alignment: Alignment | None
    alternatives: tuple[Alternative, ...]
    terms: tuple[Term, ...] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Translations:
    """The answer to a list of texts."""

    model: str
    translations: tuple[Translation, ...]
    usage: Usage


@dataclass(frozen=True, slots=True, eq=False)
class AlignedPair:
    """The alignment of a text and a translation that one has, and the model that read it."""

    model: str
    alignment: Alignment
