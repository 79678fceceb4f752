"""Google's version 3, "Advanced": texts, `/v3/projects/…:translateText` and what goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from crosslate.service.http.dialect import call_of
from crosslate.service.http.dialects.google.asking import Translated, Wanted, translated
from crosslate.service.http.dialects.google.fields import (
    DetectFields,
    ListFields,
    TranslateFields,
)
from crosslate.service.http.dialects.google.glossaries import terms_named
from crosslate.service.http.dialects.google.languages import GoogleLanguages, ListedLanguage
from crosslate.service.http.dialects.google.models import model_of
from crosslate.service.http.dialects.notes import warning_header, without_effect
from crosslate.service.http.dialects.reading import json_object, parsed
from crosslate.service.http.services import Services
from crosslate.service.pipeline.markup.references import words_of
from crosslate.service.serving.serving import Call


def advanced_routes(services: Services, languages: GoogleLanguages, parent: str) -> APIRouter:
    """Of one parent, a project or a location of one, which says nothing here."""
    router = APIRouter(prefix=parent)

    @router.post(":translateText")
    async def translate_text(request: Request) -> Response:
        call = call_of(request, fields=request.query_params)
        asked = parsed(json_object(await request.body()), TranslateFields)
        return await _translate(services, languages, asked, call)

    @router.post(":detectLanguage")
    async def detect_language(request: Request) -> Response:
        call = call_of(request, fields=request.query_params)
        asked = parsed(json_object(await request.body()), DetectFields)
        text = words_of(asked.content) if asked.mime_type == "text/html" else asked.content
        (found,) = await services.serving.detect([text], call)
        listed = {"languageCode": languages.code(found.lang), "confidence": found.confidence}
        return JSONResponse({"languages": [listed]}, headers=warning_header(asked.notes()))

    @router.get("/supportedLanguages")
    async def supported_languages(request: Request) -> Response:
        services.serving.identify(call_of(request, fields=request.query_params))
        asked = parsed(request.query_params, ListFields)
        listed = [_language(language) for language in languages.all]
        if asked.display_language_code:
            named = languages.named(asked.display_language_code, "displayLanguageCode")
            listed = [{**_language(language), "displayName": name} for language, name in named]
        return JSONResponse({"languages": listed})

    return router


async def _translate(
    services: Services, languages: GoogleLanguages, asked: TranslateFields, call: Call
) -> Response:
    model, idle = model_of(asked.model)
    wanted, config = asked.wanted(model), asked.glossary_config
    services.serving.check_count(len(wanted.texts))
    pair = asked.source_language_code, asked.target_language_code
    terms = await terms_named(services, call, config, pair)
    results = await translated(services, wanted.requests(languages, terms), languages, call)
    answer: dict[str, Any] = {}
    if config is not None:
        answer["glossaryTranslations"] = [
            {**_translation(one, asked), "glossaryConfig": config.sent()} for one in results
        ]
        results = await _without_terms(services, languages, wanted, results, call)
    answer["translations"] = [_translation(one, asked) for one in results]
    notes = [*asked.notes(), *without_effect(idle), *(note for one in results for note in one.notes)]
    return JSONResponse(answer, headers=warning_header(notes))


async def _without_terms(
    services: Services,
    languages: GoogleLanguages,
    wanted: Wanted,
    results: Sequence[Translated],
    call: Call,
) -> list[Translated]:
    """As if no glossary had been named: only texts with terms of it are asked for again."""
    requests = wanted.requests(languages)
    again = [request for request, one in zip(requests, results, strict=True) if one.has_terms]
    found = iter(await translated(services, again, languages, call) if again else ())
    return [next(found) if one.has_terms else one for one in results]


def _translation(one: Translated, asked: TranslateFields) -> dict[str, Any]:
    members = {
        "translatedText": one.text,
        "model": asked.model,
        "detectedLanguageCode": one.detected,
        "warnings": one.warnings,
    }
    return {name: value for name, value in members.items() if value or name == "translatedText"}


def _language(language: ListedLanguage) -> dict[str, Any]:
    return {
        "languageCode": language.code,
        "supportSource": language.is_source,
        "supportTarget": language.is_target,
    }
