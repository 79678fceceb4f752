"""`POST /v2/translate`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from crosslate.service.errors import FieldError, ServiceError, malformed
from crosslate.service.http.dialect import call_of
from crosslate.service.http.dialects.codes import LanguageCodes
from crosslate.service.http.dialects.deepl.fields import (
    TranslateFields,
    check_formality,
    parse_fields,
    read_fields,
)
from crosslate.service.http.dialects.heartbeat import answer_with_heartbeat
from crosslate.service.http.dialects.notes import SAME_LANGUAGE, variety_note, warning_header
from crosslate.service.http.dialects.single_flight import SingleFlight
from crosslate.service.http.glossary_terms import terms_of
from crosslate.service.http.services import Services
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.pipeline.language.languages import base_language
from crosslate.service.pipeline.notices import messages
from crosslate.service.pipeline.types import TranslationRequest, TranslationResult
from crosslate.service.serving.serving import Call

_BLANK_EVERY_S = 4.0
"""DeepL's Python client gives up after 10 s without a byte."""
_LINGER_S = 3.0
"""It sends again after about 1 s, and then after 1.6 s."""
_MAX_GLOSSARIES = 5
"""As many as DeepL takes."""


def translation_routes(services: Services) -> APIRouter:
    """The one that translates."""
    router = APIRouter()
    codes = LanguageCodes.of(services)
    flights = SingleFlight[list[TranslationResult]](linger_s=_LINGER_S)
    blank_every_s = min(_BLANK_EVERY_S, services.settings.keepalive_s)

    async def results_of(requests: Sequence[TranslationRequest], call: Call) -> list[TranslationResult]:
        async def ask() -> list[TranslationResult]:
            return await services.serving.ask(services.serving.translation, requests, call)

        services.serving.identify(call)  # of one that joins another's, too
        results = await flights.join((call.key, *requests), ask)
        call.record.model = results[0].model
        call.record.num_texts = len(requests)
        call.record.num_characters = sum(len(request.text) for request in requests)
        return results

    @router.get("/v2/translate")
    @router.post("/v2/translate")
    async def translate(request: Request) -> Response:
        raw = await read_fields(request)
        fields, call = parse_fields(raw), call_of(request, fields=raw)
        services.serving.check_count(len(fields.text))
        glossary = await _glossary(fields, services, call)
        requests = _requests(fields, codes, glossary)

        async def answer() -> Response:
            try:
                results = await results_of(requests, call)
            except ServiceError as error:
                if error.code != "same_language":
                    raise
                said = [SAME_LANGUAGE] if any(text.strip() for text in fields.text) else []
                return _answer(fields, [_echo(fields, text) for text in fields.text], said)
            translations = [_translation(fields, result) for result in results]
            return _answer(fields, translations, variety_note(fields.target_lang, results[0].target_lang))

        return await answer_with_heartbeat(
            request,
            answer(),
            every_s=blank_every_s,
            headers=warning_header(fields.notes()),
            logger=services.logger,
        )

    return router


async def _glossary(fields: TranslateFields, services: Services, call: Call) -> tuple[GlossaryEntry, ...]:
    """The entries of all that are named; raises as `terms_of`, and 422 where they are too many."""
    ids = [fields.glossary_id] if fields.glossary_id else fields.glossary_ids
    if len(ids) > _MAX_GLOSSARIES:
        raise malformed((FieldError(("body", "glossary_ids"), f"names at most {_MAX_GLOSSARIES}"),))
    return await terms_of(services, call, (), ids, (fields.source_lang, fields.target_lang))


def _requests(
    fields: TranslateFields, codes: LanguageCodes, glossary: tuple[GlossaryEntry, ...]
) -> list[TranslationRequest]:
    """One for each text.

    Raises:
        ServiceError: 400 what is asked for cannot be had.
    """
    check_formality(fields.formality)
    target, source = codes.target(fields.target_lang), codes.source(fields.source_lang)
    return [
        TranslationRequest(
            text=text,
            text_format=fields.tag_handling or "text",
            markup=fields.markup,
            target_lang=target,
            source_lang=source,
            split_sentences=fields.split_sentences != "0",
            line_breaks=fields.line_breaks,
            glossary=glossary,
        )
        for text in fields.text
    ]


def _translation(fields: TranslateFields, result: TranslationResult) -> dict[str, Any]:
    answer = {
        "detected_source_language": (fields.source_lang or base_language(result.source_lang)).upper(),
        "text": result.text,
        "billed_characters": result.num_characters,
        **_as_asked(fields),
    }
    return {**answer, "warnings": messages(result.warnings)} if result.warnings else answer


def _echo(fields: TranslateFields, text: str) -> dict[str, Any]:
    language = (fields.source_lang or fields.target_lang).upper()
    return {
        "detected_source_language": language,
        "text": text,
        "billed_characters": len(text),
        **_as_asked(fields),
    }


def _as_asked(fields: TranslateFields) -> dict[str, Any]:
    """Members that DeepL has in its answers where the request has theirs."""
    asked: dict[str, Any] = {}
    if fields.model_type is not None:
        # A pair has one model, its best and its fastest.
        asked["model_type_used"] = fields.model_type.removeprefix("prefer_")
    if fields.tag_handling is not None:
        asked["tag_handling_version"] = fields.tag_handling_version
    return asked


def _answer(
    fields: TranslateFields, translations: Sequence[Mapping[str, Any]], notes: Sequence[str]
) -> Response:
    told = [*fields.notes(), *notes]
    content = {"translations": translations, **({"warnings": told} if told else {})}
    return JSONResponse(content, headers=warning_header(told))
