"""The native API's answers, and how the pipeline's results become them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from models.alignment import FloatArray
from models.tokenizer import Span
from service.pipeline.summarization.types import SummaryResult
from service.pipeline.types import (
    AlignedToken,
    AlignmentMethod,
    AlignmentResult,
    Detection,
    OffsetUnit,
    Segment,
    TranslationResult,
)


class Answer(BaseModel):
    """What all answers have in common."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class DetectionAnswer(Answer):
    """A language, and how sure the detector is, 0 to 1."""

    lang: str
    confidence: float

    @classmethod
    def of(cls, detection: Detection) -> DetectionAnswer:
        """From the pipeline's."""
        return cls(lang=detection.lang, confidence=detection.confidence)


class SegmentAnswer(Answer):
    """A sentence and its translation, as half-open spans of the whole texts."""

    source: Span
    target: Span
    score: float
    finish_reason: Literal["stop", "length"]

    @classmethod
    def of(cls, segment: Segment) -> SegmentAnswer:
        """From the pipeline's."""
        return cls(
            source=segment.source,
            target=segment.target,
            score=segment.score,
            finish_reason=segment.finish_reason,
        )


class MethodAnswer(Answer):
    """How the alignment was read off the model."""

    layer: int | None
    heads: list[int] | None
    row: Literal["input", "output"]
    symmetric: bool
    pivot: str | None
    """The language between, where two models' maps were multiplied; the rest is then of the second one."""

    @classmethod
    def of(cls, method: AlignmentMethod) -> MethodAnswer:
        """From the pipeline's."""
        return cls(
            layer=method.layer,
            heads=None if method.heads is None else list(method.heads),
            row=method.row,
            symmetric=method.symmetric,
            pivot=method.pivot,
        )


class LinkAnswer(Answer):
    """Two words that belong together."""

    source: Span
    target: Span
    score: float


class TokenAnswer(Answer):
    """A token and the text it stands for; null for end and language tokens."""

    text: str
    span: Span | None

    @classmethod
    def of_all(cls, tokens: Sequence[AlignedToken] | None) -> list[TokenAnswer] | None:
        """From the pipeline's."""
        return None if tokens is None else [cls(text=token.text, span=token.span) for token in tokens]


class MatrixAnswer(Answer):
    """Attention over tokens: base64 of little-endian float16, row-major."""

    shape: list[int]
    """`[T, S]`, or `[L, H, T, S]`."""
    dtype: Literal["float16"] = "float16"
    data: str

    @classmethod
    def of(cls, matrix: FloatArray) -> MatrixAnswer:
        """From floats."""
        content = np.ascontiguousarray(matrix, dtype="<f2").tobytes()
        return cls(shape=list(matrix.shape), data=base64.b64encode(content).decode("ascii"))


class AlignmentAnswer(Answer):
    """The alignment of one output against one source; every span in `unit`."""

    unit: OffsetUnit
    method: MethodAnswer
    links: list[LinkAnswer]
    source_words: list[Span]
    target_words: list[Span]
    pharaoh: str
    """Links as indices into the words, `source-target`."""
    sink_mass: list[float]
    """For each target word: the attention on tokens that stand for no text, removed before normalising."""
    source_tokens: list[TokenAnswer] | None = None
    target_tokens: list[TokenAnswer] | None = None
    matrix: MatrixAnswer | None = None

    @classmethod
    def of(cls, result: AlignmentResult) -> AlignmentAnswer:
        """From the pipeline's."""
        return cls(
            unit=result.unit,
            method=MethodAnswer.of(result.method),
            links=[LinkAnswer(source=li.source, target=li.target, score=li.score) for li in result.links],
            source_words=result.source_words,
            target_words=result.target_words,
            pharaoh=result.pharaoh,
            sink_mass=result.sink_mass,
            source_tokens=TokenAnswer.of_all(result.source_tokens),
            target_tokens=TokenAnswer.of_all(result.target_tokens),
            matrix=None if result.matrix is None else MatrixAnswer.of(result.matrix),
        )


class AlternativeAnswer(Answer):
    """Another translation of the whole text."""

    text: str
    score: float


class TranslationAnswer(Answer):
    """The translation of one text."""

    model: str
    text: str
    source_lang: str
    target_lang: str
    detected: DetectionAnswer | None
    finish_reason: Literal["stop", "length"]
    score: float
    """Mean natural log-probability of the output's tokens."""
    warnings: list[str]
    segments: list[SegmentAnswer]
    alignment: AlignmentAnswer | None
    alternatives: list[AlternativeAnswer]

    @classmethod
    def of(cls, result: TranslationResult) -> TranslationAnswer:
        """From the pipeline's."""
        return cls(
            model=result.model,
            text=result.text,
            source_lang=result.source_lang,
            target_lang=result.target_lang,
            detected=None if result.detected is None else DetectionAnswer.of(result.detected),
            finish_reason=result.finish_reason,
            score=result.score,
            warnings=result.warnings,
            segments=[SegmentAnswer.of(segment) for segment in result.segments],
            alignment=None if result.alignment is None else AlignmentAnswer.of(result.alignment),
            alternatives=[AlternativeAnswer(text=a.text, score=a.score) for a in result.alternatives],
        )


class UsageAnswer(Answer):
    """What the request cost, over all its texts."""

    characters: int
    """Of the sources, in code points."""
    prompt_tokens: int
    generation_tokens: int

    @classmethod
    def of(cls, results: Sequence[TranslationResult | SummaryResult]) -> UsageAnswer:
        """The sums."""
        return cls(
            characters=sum(result.num_characters for result in results),
            prompt_tokens=sum(result.num_prompt_tokens for result in results),
            generation_tokens=sum(result.num_generation_tokens for result in results),
        )


class TranslateAnswer(Answer):
    """`POST /v1/translate`."""

    model: str
    translations: list[TranslationAnswer]
    usage: UsageAnswer

    @classmethod
    def of(cls, results: Sequence[TranslationResult]) -> TranslateAnswer:
        """From one result or more; `model` is the first text's."""
        return cls(
            model=results[0].model,
            translations=[TranslationAnswer.of(result) for result in results],
            usage=UsageAnswer.of(results),
        )


class AlignAnswer(Answer):
    """`POST /v1/align`."""

    model: str
    alignment: AlignmentAnswer


class DetectAnswer(Answer):
    """`POST /v1/detect`: one for each text, in order."""

    detections: list[DetectionAnswer]


class LanguageAnswer(Answer):
    """A source language and the targets that it can be translated to."""

    lang: str
    name: str
    targets: list[str]
    pivoted: list[str]
    """The targets that no model reaches directly: the text goes through a third language."""


class LanguagesAnswer(Answer):
    """`GET /v1/languages`."""

    data: list[LanguageAnswer]


class AlignmentMethodAnswer(Answer):
    """Where a model's alignment is read: decoder layer, heads (null: their mean) and row."""

    layer: int
    heads: list[int] | None
    row: Literal["input", "output"]
    threshold: float


class ModelAnswer(Answer):
    """One configured model."""

    id: str
    task: Literal["translation", "summarization"]
    family: str
    pairs: list[tuple[str, str]]
    """Empty where there are more than 500: `/v1/languages` has the targets of each source."""
    num_pairs: int
    source_langs: list[str]
    target_langs: list[str]
    device: str
    dtype: str
    state: Literal["ready", "draining"]
    alignment: AlignmentMethodAnswer
    max_source_tokens: int
    size_bytes: int
    license: str | None


class ModelsAnswer(Answer):
    """`GET /v1/models`."""

    data: list[ModelAnswer]


class StatusAnswer(Answer):
    """`GET /livez` and `GET /readyz`."""

    status: Literal["ok"] = "ok"


class VersionAnswer(Answer):
    """`GET /version`."""

    name: Literal["crosslate"] = "crosslate"
    version: str


class FaultAnswer(Answer):
    """One fault of a malformed request."""

    loc: list[str | int]
    msg: str


class ProblemAnswer(Answer):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[FaultAnswer]
