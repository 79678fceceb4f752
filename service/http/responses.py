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
    """BCP-47; `und` where the text says nothing."""
    confidence: float
    """0 to 1."""

    @classmethod
    def of(cls, detection: Detection) -> DetectionAnswer:
        """From the pipeline's."""
        return cls(lang=detection.lang, confidence=detection.confidence)


class SegmentAnswer(Answer):
    """A sentence and its translation, as half-open spans of the whole texts."""

    source: Span
    """Where the sentence stands in the text that was sent."""
    target: Span
    """Where its translation stands in the text that is returned."""
    score: float
    """Mean natural log-probability of its tokens."""
    finish_reason: Literal["stop", "length"]
    """`length`: it is cut where the limit of output tokens was reached."""

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
    """Of the decoder, counted from 0; null: all of them."""
    heads: list[int] | None
    """The attention heads whose mean was taken; null: all of them."""
    row: Literal["input", "output"]
    """Which decoder step stands for a token: the one that writes it, or the one that reads it."""
    symmetric: bool
    """Whether both directions agree on the links."""
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
    """The word in the source."""
    target: Span
    """The word in the output."""
    score: float
    """Share of the attention, 0 to 1."""


class TokenAnswer(Answer):
    """A token and the text it stands for; null for end and language tokens."""

    text: str
    """As the tokenizer writes it."""
    span: Span | None
    """In the text; null where it stands for none."""

    @classmethod
    def of_all(cls, tokens: Sequence[AlignedToken] | None) -> list[TokenAnswer] | None:
        """From the pipeline's."""
        return None if tokens is None else [cls(text=token.text, span=token.span) for token in tokens]


class MatrixAnswer(Answer):
    """Attention over tokens: base64 of little-endian float16, row-major."""

    shape: list[int]
    """`[T, S]`, or `[L, H, T, S]`."""
    dtype: Literal["float16"] = "float16"
    """Of each value, little-endian."""
    data: str
    """Base64, row-major."""

    @classmethod
    def of(cls, matrix: FloatArray) -> MatrixAnswer:
        """From floats."""
        content = np.ascontiguousarray(matrix, dtype="<f2").tobytes()
        return cls(shape=list(matrix.shape), data=base64.b64encode(content).decode("ascii"))


class AlignmentAnswer(Answer):
    """The alignment of one output against one source; every span in `unit`."""

    unit: OffsetUnit
    """Of every span."""
    method: MethodAnswer
    """How it was read off the model."""
    links: list[LinkAnswer]
    """Words that belong together."""
    source_words: list[Span]
    """Words of the source, in order."""
    target_words: list[Span]
    """Words of the output, in order."""
    pharaoh: str
    """Links as indices into the words, `source-target`."""
    sink_mass: list[float]
    """For each target word: the attention on tokens that stand for no text, removed before normalising."""
    source_tokens: list[TokenAnswer] | None = None
    """The columns of `matrix`."""
    target_tokens: list[TokenAnswer] | None = None
    """The rows of `matrix`."""
    matrix: MatrixAnswer | None = None
    """Attention of each output token on the source's tokens; rows sum to 1."""

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
    """The whole text."""
    score: float
    """As that of the translation."""


class TranslationAnswer(Answer):
    """The translation of one text."""

    model: str
    """The model that translated, or two joined by ` + `."""
    text: str
    """The translation."""
    source_lang: str
    """As given, or as detected."""
    target_lang: str
    """As the model has it."""
    detected: DetectionAnswer | None
    """Null where `source_lang` was given."""
    finish_reason: Literal["stop", "length"]
    """`length`: at least one sentence is cut."""
    score: float
    """Mean natural log-probability of the output's tokens."""
    warnings: list[str]
    """What the reader should know."""
    segments: list[SegmentAnswer]
    """The sentences, in order."""
    alignment: AlignmentAnswer | None
    """Null unless it was asked for."""
    alternatives: list[AlternativeAnswer]
    """Other translations of the whole text, best first; equal ones once."""

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
    """Of the sources, as the models read them."""
    generation_tokens: int
    """Of the outputs."""

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
    """That of the first text."""
    translations: list[TranslationAnswer]
    """One for each text, in order."""
    usage: UsageAnswer
    """Of all texts together."""

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
    """The model that was asked."""
    alignment: AlignmentAnswer
    """Of the whole texts."""


class DetectAnswer(Answer):
    """`POST /v1/detect`: one for each text, in order."""

    detections: list[DetectionAnswer]
    """One for each text, in order."""
