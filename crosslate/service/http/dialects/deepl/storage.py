"""What DeepL keeps for its clients, and this service does not: rules, memories.

Lists are empty, and what would be kept is refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from crosslate.service.http.dialects.refusals import refused_routes

_LISTS = {
    "/v3/style_rules": "style_rules",
    "/v3/translation_memories": "translation_memories",
}
"""And what their one member is called."""
_NO_WRITING = "Texts are translated and not improved: /v2/translate is what there is."
_REFUSED = {
    "/v3/style_rules": "Style rules are not offered.",
    "/v3/translation_memories/import": "Translation memories are not offered.",
    "/v2/write/rephrase": _NO_WRITING,
    "/v2/write/correct": _NO_WRITING,
}


def storage_routes() -> APIRouter:
    """All of them."""
    router = refused_routes(_REFUSED)
    for path, member in _LISTS.items():
        router.add_api_route(path, _listing_nothing(member))
    return router


def _listing_nothing(member: str) -> Callable[[], Awaitable[Response]]:
    async def list_nothing() -> Response:
        return JSONResponse({member: []})

    return list_nothing
