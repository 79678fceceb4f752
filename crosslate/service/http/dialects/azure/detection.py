"""Azure's `/detect`."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from crosslate.service.http.dialect import call_of
from crosslate.service.http.dialects.azure.fields import VERSION, read_texts, version_of
from crosslate.service.http.dialects.azure.languages import AzureLanguages
from crosslate.service.http.services import Services


def detection_routes(services: Services, languages: AzureLanguages) -> APIRouter:
    """The one that names languages."""
    router = APIRouter()

    @router.post("/detect")
    async def detect(request: Request) -> Response:
        version_of(request.query_params, VERSION)
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
        return JSONResponse(answer)

    return router
