"""What translates and what summarizes, with all models or with those that a key is for: `Pipelines`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import NamedTuple, Protocol

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.summarization.types import SummaryEvent, SummaryRequest, SummaryResult
from crosslate.service.pipeline.types import (
    AlignmentResult,
    AlignRequest,
    Allowance,
    Detection,
    StreamEvent,
    TranslationRequest,
    TranslationResult,
)


class TextTranslator(Protocol):
    """What is needed of the translator. Every method raises `ServiceError`s."""

    async def translate_all(
        self, requests: Sequence[TranslationRequest], allowance: Allowance
    ) -> list[TranslationResult]:
        """The texts of one HTTP request, whole: admitted or refused together."""
        ...

    def stream(self, request: TranslationRequest, allowance: Allowance) -> AsyncGenerator[StreamEvent, None]:
        """One text as it becomes certain."""
        ...

    async def align(self, request: AlignRequest, allowance: Allowance) -> tuple[str, AlignmentResult]:
        """The id of the model that read it, and the alignment of a given pair."""
        ...

    async def detect(self, text: str) -> Detection:
        """The language of one text."""
        ...


class TextSummarizer(Protocol):
    """What is needed of the summarizer. Every method raises `ServiceError`s."""

    async def summarize_all(
        self, requests: Sequence[SummaryRequest], allowance: Allowance
    ) -> list[SummaryResult]:
        """The texts of one HTTP request, whole: admitted or refused together."""
        ...

    def stream(self, request: SummaryRequest, allowance: Allowance) -> AsyncGenerator[SummaryEvent, None]:
        """One text as its summary becomes certain."""
        ...


class Pipeline(NamedTuple):
    """What translates and what summarizes with the same models."""

    translator: TextTranslator
    summarizer: TextSummarizer


class Pipelines(NamedTuple):
    """A translator itself, for work that no request waits for.

    Attributes:
        whole: over all models.
        narrowed: the same over some models only, by their ids, for keys that are for these.
    """

    whole: Pipeline
    narrowed: Mapping[frozenset[str], Pipeline]

    def of(self, allowance: Allowance) -> Pipeline:
        """With the models that are allowed.

        Raises:
            ServiceError: 403 where the keys are for others now than when the work was taken in.
        """
        if allowance.models is None:
            return self.whole
        if (narrowed := self.narrowed.get(allowance.models)) is not None:
            return narrowed
        raise ServiceError(
            "key_not_for_model", "The key is for other models now than when this was sent: send it again."
        )

    async def translate_all(
        self, requests: Sequence[TranslationRequest], allowance: Allowance
    ) -> list[TranslationResult]:
        """As `TextTranslator`."""
        return await self.of(allowance).translator.translate_all(requests, allowance)

    async def detect(self, text: str) -> Detection:
        """As `TextTranslator`."""
        return await self.whole.translator.detect(text)
