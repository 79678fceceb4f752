"""What translates and what summarizes, with all models or with those that a key is for: `Pipelines`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.pipeline.types import Allowance, TranslationRequest, TranslationResult

if TYPE_CHECKING:
    from crosslate.service.pipeline.summarization.summarizer import Summarizer
    from crosslate.service.pipeline.translation.translator import Translator


class Pipeline(NamedTuple):
    """What translates and what summarizes with the same models."""

    translator: Translator
    summarizer: Summarizer


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
        """As `Translator`."""
        return await self.of(allowance).translator.translate_all(requests, allowance)

    async def detect(self, text: str) -> Detection:
        """As `Translator`."""
        return await self.whole.translator.detect(text)
