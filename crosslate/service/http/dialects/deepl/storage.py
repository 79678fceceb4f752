"""What DeepL keeps for its clients, and this service does not: rules, memories.

Lists are empty, and what would be kept is refused.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from crosslate.service.errors import not_supported
from crosslate.service.http.dialects.deepl.errors import traced

_LISTS = {
    "/v3/style_rules": "style_rules",
    "/v3/translation_memories": "translation_memories",
}
"""And what their one member is called."""


def storage_routes() -> APIRouter:
    """All of them."""
    router = APIRouter()
    router.include_router(_empty_lists())
    router.include_router(_refused_making())
    return router


def _empty_lists() -> APIRouter:
    router = APIRouter()

    def add(path: str, member: str) -> None:
        @router.get(path)
        async def list_nothing(request: Request) -> Response:
            return traced(JSONResponse({member: []}), request)

    for path, member in _LISTS.items():
        add(path, member)
    return router


def _refused_making() -> APIRouter:
    router = APIRouter()

    @router.post("/v3/style_rules")
    async def create_style_rule() -> Response:
        raise not_supported("Style rules are not offered.")

    @router.post("/v3/translation_memories/import")
    async def import_memory() -> Response:
        raise not_supported("Translation memories are not offered.")

    @router.post("/v2/write/rephrase")
    @router.post("/v2/write/correct")
    async def write() -> Response:
        raise not_supported("Texts are translated and not improved: /v2/translate is what there is.")

    return router
