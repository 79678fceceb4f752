"""Asking for texts in several languages at once, where one of them may be the texts' own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.azure.dictionary import MarkedText
from crosslate.service.http.services import Services
from crosslate.service.pipeline.language.languages import same_language
from crosslate.service.pipeline.types import TranslationRequest, TranslationResult
from crosslate.service.serving.serving import Call

METERED = "X-metered-usage"
"""The header that counts characters."""


async def results_of(
    services: Services, requests: Sequence[TranslationRequest], call: Call
) -> list[TranslationResult | None]:
    """One for each request; None where its text is in the target language, and is to stay as it is.

    Raises:
        ServiceError: what is wrong with the others.
    """
    try:
        return [*await services.serving.ask(services.serving.translation, requests, call)]
    except ServiceError as error:
        others = [request for request in requests if not _is_idle(request)]
        if error.code != "same_language" or len(others) == len(requests):
            raise
    found = iter(await services.serving.ask(services.serving.translation, others, call) if others else ())
    return [None if _is_idle(request) else next(found) for request in requests]


def detected(results: Sequence[TranslationResult | None]) -> dict[str, Any]:
    """The answer's member for a text whose language was not named, from its translations."""
    first = results[0]
    if first is None:
        return {}
    found = first.detected
    language = {
        "language": found.lang if found else first.source_lang,
        "score": found.confidence if found else 1.0,
    }
    return {"detectedLanguage": language}


def metered(texts: Sequence[tuple[MarkedText, int]]) -> dict[str, str]:
    """The header that counts characters, from texts and how many languages each is wanted in."""
    return {METERED: str(sum(len(text.text) * times for text, times in texts))}


def _is_idle(request: TranslationRequest) -> bool:
    return same_language(request.source_lang or "", request.target_lang)
