"""What another API has, and is not offered here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter
from starlette.responses import Response

from crosslate.service.errors import not_supported


def refused_routes(details: Mapping[str, str]) -> APIRouter:
    """Paths that answer every POST with 400, each with what to say."""
    router = APIRouter()
    for path, detail in details.items():
        router.add_api_route(path, _refusing(detail), methods=["POST"])
    return router


def _refusing(detail: str) -> Callable[[], Awaitable[Response]]:
    async def refuse() -> Response:
        raise not_supported(detail)

    return refuse
