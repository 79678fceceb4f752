"""`/v2/usage`."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from crosslate.service.http.dialect import call_of
from crosslate.service.http.dialects.reading import form_items
from crosslate.service.http.services import Services

_UNLIMITED = 1_000_000_000_000
"""DeepL's own number for it."""
_MAX_PARTS = 100


def account_routes(services: Services) -> APIRouter:
    """What the caller's key has used."""
    router = APIRouter()

    @router.get("/v2/usage")
    @router.post("/v2/usage")
    async def usage(request: Request) -> Response:
        # Where the key may be; whatever else stands in the body is of no matter.
        fields = {**request.query_params, **dict(await form_items(request, max_parts=_MAX_PARTS) or ())}
        used = services.serving.usage(call_of(request, fields=fields))
        limit = _UNLIMITED if used.max_characters is None else used.max_characters
        return JSONResponse({"character_count": used.characters, "character_limit": limit})

    return router
