"""Translating and summarizing with some of the served models only, for those who may not use the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Generic, TypeVar

from service.pipeline.summarization.types import SummaryEvent, SummaryRequest, SummaryResult
from service.pipeline.types import (
    AlignmentResult,
    AlignRequest,
    Allowance,
    Detection,
    StreamEvent,
    TranslationRequest,
    TranslationResult,
)
from service.serving import TextSummarizer, TextTranslator

T = TypeVar("T")


class _ByModels(Generic[T]):
    """Args: what has all models, and by the ids of some, what has only those."""

    def __init__(self, whole: T, narrowed: Mapping[frozenset[str], T]) -> None:
        self._whole = whole
        self._narrowed = narrowed

    def _for(self, allowance: Allowance) -> T:
        return self._whole if allowance.models is None else self._narrowed[allowance.models]


class TranslatorByModels(_ByModels[TextTranslator]):
    """A `TextTranslator` that heeds `Allowance.models`."""

    async def translate_all(
        self, requests: Sequence[TranslationRequest], allowance: Allowance
    ) -> list[TranslationResult]:
        return await self._for(allowance).translate_all(requests, allowance)

    def stream(self, request: TranslationRequest, allowance: Allowance) -> AsyncIterator[StreamEvent]:
        return self._for(allowance).stream(request, allowance)

    async def align(self, request: AlignRequest, allowance: Allowance) -> tuple[str, AlignmentResult]:
        return await self._for(allowance).align(request, allowance)

    async def detect(self, text: str) -> Detection:
        """Among the languages of all."""
        return await self._whole.detect(text)


class SummarizerByModels(_ByModels[TextSummarizer]):
    """A `TextSummarizer` that heeds `Allowance.models`."""

    async def summarize_all(
        self, requests: Sequence[SummaryRequest], allowance: Allowance
    ) -> list[SummaryResult]:
        return await self._for(allowance).summarize_all(requests, allowance)

    def stream(self, request: SummaryRequest, allowance: Allowance) -> AsyncIterator[SummaryEvent]:
        return self._for(allowance).stream(request, allowance)
