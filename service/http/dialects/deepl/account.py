"""`/v2/usage`."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from service.http.dialect import call_of
from service.http.dialects.deepl.errors import traced
from service.http.services import Services

_UNLIMITED = 1_000_000_000_000
"""DeepL's own number for it."""


def account_routes(services: Services) -> APIRouter:
    """What the caller's key has used."""
    router = APIRouter()

    @router.get("/v2/usage")
    @router.post("/v2/usage")
    async def usage(request: Request) -> Response:
        used = await services.usage.usage_of(call_of(request).key)
        limit = _UNLIMITED if used.limit is None else used.limit
        return traced(
            JSONResponse({"character_count": used.num_characters, "character_limit": limit}), request
        )

    return router
