"""Asking for translations as both versions of Google's API have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.google.languages import GoogleLanguages
from crosslate.service.http.dialects.notes import SAME_LANGUAGE
from crosslate.service.http.services import Services
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.pipeline.markup.references import with_references
from crosslate.service.pipeline.notices import messages
from crosslate.service.pipeline.types import TextFormat, TranslationRequest, TranslationResult
from crosslate.service.serving.serving import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Texts, and what is wanted of them."""

    texts: Sequence[str]
    source: str
    """Empty: to be detected."""
    target: str
    text_format: TextFormat
    model: str | None

    def requests(
        self, languages: GoogleLanguages, glossary: tuple[GlossaryEntry, ...] = ()
    ) -> list[TranslationRequest]:
        """One for each text."""
        source, target = languages.codes.source(self.source), languages.codes.target(self.target)
        return [
            TranslationRequest(
                text=text,
                text_format=self.text_format,
                target_lang=target,
                source_lang=source,
                model=self.model,
                glossary=glossary,
            )
            for text in self.texts
        ]


@dataclass(frozen=True, slots=True)
class Translated:
    """One text's answer."""

    text: str
    """Written as Google writes its format."""
    detected: str | None
    """Google's code for its language, where that was to be found."""
    warnings: Sequence[str]
    notes: Sequence[str] = ()
    """On the variety of the language."""
    has_terms: bool = False
    """Whether the glossary's terms stand in it."""


async def translated(
    services: Services, requests: Sequence[TranslationRequest], languages: GoogleLanguages, call: Call
) -> list[Translated]:
    """An answer for each; a text whose language is named as the target's comes back as it is."""
    try:
        results = await services.serving.ask(services.serving.translation, requests, call)
    except ServiceError as error:
        if error.code != "same_language":
            raise
        return [_untouched(request) for request in requests]
    size = sum(len(result.text) for result in results)
    return await services.text_worker.run(
        size, lambda: [_of(*each, languages) for each in zip(requests, results, strict=True)]
    )


def _of(request: TranslationRequest, result: TranslationResult, languages: GoogleLanguages) -> Translated:
    found = result.detected.lang if result.detected else result.source_lang
    return Translated(
        _written(result.text, request),
        None if request.source_lang else languages.code(found),
        messages(result.warnings),
        languages.variety_note(request.target_lang, result.target_lang),
        bool(result.terms),
    )


def _untouched(request: TranslationRequest) -> Translated:
    warnings = [SAME_LANGUAGE] if request.text.strip() else []
    return Translated(_written(request.text, request), None, warnings)


def _written(text: str, request: TranslationRequest) -> str:
    return with_references(text) if request.text_format == "html" else text
