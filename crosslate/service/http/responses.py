"""The native API's answers: what of the pipeline's results is shown, under which names, and what it means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, SerializationInfo, field_serializer, model_validator

from crosslate.models.alignment.hard_links import HardLinks
from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.http.writing import Apart, base64_of
from crosslate.service.pipeline.glossary.terms import Reason
from crosslate.service.pipeline.notices import NoticeCode
from crosslate.service.pipeline.summarization.types import SummaryResult
from crosslate.service.pipeline.text.offsets import OffsetUnit
from crosslate.service.pipeline.types import AlignmentResult, TranslationResult


class Answer(BaseModel):
    """What all answers have in common: a result's attributes of the same names become their fields."""

    model_config = ConfigDict(use_attribute_docstrings=True, from_attributes=True)


class DetectionAnswer(Answer):
    """A language, and how sure the detector is, 0 to 1."""

    lang: str
    """BCP-47; `und` where the text says nothing."""
    confidence: float
    """0 to 1."""


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
    reverse: Literal["model", "encoder"] | None
    """With `symmetric`, what linked the other way: a model that translates back, or where none does, the
    model's own encoder, which compared both texts."""
    pivot: str | None
    """The language between, where two models' maps were multiplied; the rest is then of the second one."""
    hard_links: HardLinks | None
    """How one link or none was chosen for each word of the output; null: all that are strong enough."""


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


class MatrixAnswer(Answer):
    """Attention over tokens: base64 of little-endian float16, row-major."""

    shape: list[int]
    """`[T, S]`, or `[L, H, T, S]`."""
    dtype: Literal["float16"] = "float16"
    """Of each value, little-endian."""
    data: str
    """Base64, row-major."""

    @model_validator(mode="before")
    @classmethod
    def _encoded(cls, matrix: object) -> object:
        if not isinstance(matrix, np.ndarray):
            return matrix
        return {"shape": list(matrix.shape), "data": base64_of(matrix)}

    @field_serializer("data")
    def _written(self, data: str, info: SerializationInfo[Apart | None]) -> str:
        return data if info.context is None else info.context.leave_out(data)


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


class AlternativeAnswer(Answer):
    """Another translation of the whole text."""

    text: str
    """The whole text."""
    score: float
    """As that of the translation."""


class WarningAnswer(Answer):
    """One thing that the reader should know."""

    code: NoticeCode
    """For programs; the codes are part of the contract."""
    message: str
    """For people."""
    source: Span | None
    """In the source; null where it is about all of it."""
    target: Span | None
    """In the output."""


class TermAnswer(Answer):
    """One term of the glossary where it stands in a text, and what became of it."""

    source: str
    """The term as it was sent."""
    target: str
    """As it stands in the translation; where it does not, as the glossary has it."""
    source_span: Span
    """Where the term stands in the text that was sent."""
    span: Span | None
    """Where its translation stands; null where it does not."""
    enforced: bool
    """Whether the translation has the term as the glossary has it."""
    reason: Reason | None
    """Why not: `inflected`, it stands there in a form whose translation is not known; `not_linked`, no word
    of the translation is clearly its own; `overlapping`, another term's translation stands in its place."""


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
    warnings: list[WarningAnswer]
    """What the reader should know."""
    segments: list[SegmentAnswer]
    """The sentences, in order."""
    alignment: AlignmentAnswer | None
    """Null unless it was asked for."""
    alternatives: list[AlternativeAnswer]
    """Other translations of the whole text, best first; equal ones once."""
    terms: list[TermAnswer] | None
    """What became of the glossary's terms, in the order of the source; null without a glossary."""


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
    def of(cls, results: Sequence[TranslationResult]) -> Self:
        """From one result or more."""
        usage = UsageAnswer.of(results)
        return cls.model_validate({"model": results[0].model, "translations": results, "usage": usage})


class AlignAnswer(Answer):
    """`POST /v1/align`."""

    model: str
    """The model that was asked."""
    alignment: AlignmentAnswer
    """Of the whole texts."""

    @classmethod
    def of(cls, model: str, result: AlignmentResult) -> Self:
        """From what the model read."""
        return cls.model_validate({"model": model, "alignment": result})


class DetectAnswer(Answer):
    """`POST /v1/detect`: one for each text, in order."""

    detections: list[DetectionAnswer]
    """One for each text, in order."""
