"""LibreTranslate's paths."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from crosslate.service.documents.formats.registry import FORMATS
from crosslate.service.errors import ServiceError
from crosslate.service.http.dialect import call_of
from crosslate.service.http.dialects.codes import LanguageCodes
from crosslate.service.http.dialects.libretranslate.fields import (
    DetectFields,
    TranslateFields,
    read_fields_of,
)
from crosslate.service.http.dialects.libretranslate.files import file_routes
from crosslate.service.http.dialects.libretranslate.specification import specification
from crosslate.service.http.dialects.refusals import refused_routes
from crosslate.service.http.requests import as_texts
from crosslate.service.http.routes.operation import served_languages
from crosslate.service.http.services import Services
from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.pipeline.language.languages import AUTO, language_name
from crosslate.service.pipeline.notices import messages
from crosslate.service.pipeline.types import TranslationResult

_SPEC = "/spec"
PATHS = frozenset(
    {"/translate", "/detect", "/languages", "/frontend/settings", "/health", "/translate_file", "/suggest"}
    | {_SPEC}
)
_REFUSED = {"/suggest": "Suggestions are not taken by this server."}
"""LibreTranslate's operators can switch this off too, so that its clients know that it may fail."""
_UNDETERMINED = "und"
_FRONTEND_TIMEOUT_MS = 500
"""How long its page waits for more typing."""
_MOST_BYTES = 4
"""Of a character in UTF-8."""


def libretranslate_routes(services: Services) -> APIRouter:
    """All of them."""
    router = APIRouter()
    router.include_router(_text_routes(services))
    router.include_router(file_routes(services))
    router.include_router(_catalog_routes(services))
    router.include_router(refused_routes(_REFUSED))
    router.add_api_route(_SPEC, _told(specification(router.routes)))
    return router


def _told(content: Mapping[str, Any]) -> Callable[[], Awaitable[Response]]:
    async def tell() -> Response:
        return JSONResponse(content)

    return tell


def _text_routes(services: Services) -> APIRouter:
    router = APIRouter()
    codes = LanguageCodes.of(services)
    listed = [language["code"] for language in _languages(services)]

    @router.post("/translate")
    async def translate(request: Request) -> Response:
        fields, wanted = await read_fields_of(request, TranslateFields)
        services.serving.check_count(len(as_texts(wanted.q)))
        requests, call = wanted.requests(codes), call_of(request, fields=fields)
        try:
            results = await services.serving.ask(services.serving.translation, requests, call)
        except ServiceError as error:
            if error.code != "same_language":
                raise
            return JSONResponse({"translatedText": wanted.q})  # each language is among its own targets
        return JSONResponse(_translation(wanted, results))

    @router.post("/detect")
    async def detect(request: Request) -> Response:
        fields, wanted = await read_fields_of(request, DetectFields)
        (found,) = await services.serving.detect([wanted.q], call_of(request, fields=fields))
        if found.lang == _UNDETERMINED:
            # LibreTranslate's own answer to what says nothing: a language, with no confidence.
            found = Detection(listed[0] if listed and "en" not in listed else "en", 0.0)
        return JSONResponse([_detection(found)])

    return router


def _catalog_routes(services: Services) -> APIRouter:
    router = APIRouter()
    languages = _languages(services)
    settings = _frontend_settings(services, languages)

    @router.get("/languages")
    async def list_languages() -> Response:
        return JSONResponse(languages)

    @router.get("/frontend/settings")
    async def frontend_settings() -> Response:
        return JSONResponse(settings)

    @router.get("/health")
    async def health() -> Response:
        services.readiness.check_probe()
        return JSONResponse({"status": "ok"})

    return router


def _translation(wanted: TranslateFields, results: Sequence[TranslationResult]) -> Mapping[str, Any]:
    """With what was sent as a list as lists, one element for each text."""
    answer: dict[str, Any] = {"translatedText": wanted.like_q([result.text for result in results])}
    if wanted.source.lower() == AUTO:
        found = [result.detected or Detection(result.source_lang, 1.0) for result in results]
        answer["detectedLanguage"] = wanted.like_q([_detection(one) for one in found])
    if wanted.alternatives > 0:
        others = [[other.text for other in result.alternatives] for result in results]
        answer["alternatives"] = wanted.like_q(others)
    if any(result.warnings for result in results):
        answer["warnings"] = wanted.like_q([messages(result.warnings) for result in results])
    return answer


def _detection(found: Detection) -> dict[str, Any]:
    return {"confidence": round(found.confidence * 100), "language": found.lang}


def _languages(services: Services) -> list[dict[str, Any]]:
    """Every language, what is only a target too; each one is among its own targets."""
    found = {one.lang: set(one.targets) for one in served_languages(services)}
    for targets in list(found.values()):
        for target in targets:
            found.setdefault(target, set())
    return [
        {"code": code, "name": language_name(code), "targets": sorted({code} | found[code])}
        for code in sorted(found)
    ]


def _frontend_settings(services: Services, languages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    needs_key = bool(services.settings.auth.keys)
    target = languages[min(1, len(languages) - 1)] if languages else {"code": "", "name": ""}
    return {
        # Texts of so many characters are always taken, whatever the script.
        "charLimit": services.settings.limits.max_text_bytes // _MOST_BYTES,
        "frontendTimeout": _FRONTEND_TIMEOUT_MS,
        "apiKeys": needs_key,
        "keyRequired": needs_key,
        "suggestions": False,
        "filesTranslation": services.documents.are_on,
        "supportedFilesFormat": sorted(FORMATS) if services.documents.are_on else [],
        "language": {
            "source": {"code": AUTO, "name": "Auto Detect"},
            "target": {"code": target["code"], "name": target["name"]},
        },
    }
