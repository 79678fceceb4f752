"""Azure's `/detect`, and its operations that are not offered."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from crosslate.service.errors import not_supported
from crosslate.service.http.dialect import call_of
from crosslate.service.http.dialects.azure.errors import identified
from crosslate.service.http.dialects.azure.fields import check_version, read_texts
from crosslate.service.http.dialects.azure.languages import AzureLanguages
from crosslate.service.http.services import Services


def detection_routes(services: Services, languages: AzureLanguages) -> APIRouter:
    """The one that names languages."""
    router = APIRouter()

    @router.post("/detect")
    async def detect(request: Request) -> Response:
        check_version(request.query_params)
        found = await services.serving.detect(await read_texts(request), call_of(request))
        answer = [
            {
                "language": one.lang,
                "score": one.confidence,
                "isTranslationSupported": languages.is_source(one.lang),
                "isTransliterationSupported": False,
            }
            for one in found
        ]
        return identified(JSONResponse(answer), request)

    return router


def refused_routes() -> APIRouter:
    """What Azure's service has besides."""
    router = APIRouter()

    @router.post("/breaksentence")
    async def break_sentence() -> Response:
        raise not_supported(
            "Sentences are told with a translation: /translate with includeSentenceLength=true."
        )

    @router.post("/transliterate")
    async def transliterate() -> Response:
        raise not_supported("Nothing is transliterated.")

    @router.post("/dictionary/lookup")
    @router.post("/dictionary/examples")
    async def look_up() -> Response:
        raise not_supported("There is no dictionary to look words up in.")

    return router
