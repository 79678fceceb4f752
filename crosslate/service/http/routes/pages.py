"""Pages for people: one to try what is served, and the API's reference. They load nothing from elsewhere."""

from __future__ import annotations

import importlib.resources
import mimetypes
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""No inline script or style, and nothing from another address: what a model writes is never run."""
_PAGE_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_METRICS_LINK = ' <a href="metrics">Metrics</a>'


def page_routes(
    describe: Callable[[str], dict[str, Any]], *, links_metrics: bool, max_text_bytes: int
) -> APIRouter:
    """The pages, what they are made of, and the description that one of them shows.

    Their addresses are relative, so that they work below any path.
    """
    router = APIRouter(include_in_schema=False)
    pages = importlib.resources.files("crosslate.service.http") / "pages"
    start = (pages / "start.html").read_text(encoding="utf-8")
    start = start.replace("{{metrics}}", _METRICS_LINK if links_metrics else "")
    start = start.replace("{{max_text_bytes}}", str(max_text_bytes))
    reference = (pages / "docs.html").read_text(encoding="utf-8")
    icon = (pages / "favicon.svg").read_bytes()
    assets = _assets()

    @router.get("/")
    async def start_page() -> HTMLResponse:
        return HTMLResponse(start, headers=_PAGE_HEADERS)

    @router.get("/docs")
    async def docs_page() -> HTMLResponse:
        return HTMLResponse(reference, headers=_PAGE_HEADERS)

    @router.get("/playground/{name}")
    async def asset(name: str) -> Response:
        if name not in assets:
            raise HTTPException(404)
        body, media_type = assets[name]
        return Response(body, media_type=media_type, headers=_PAGE_HEADERS)

    @router.get("/openapi.json")
    async def openapi_document(request: Request) -> JSONResponse:
        return JSONResponse(describe(request.scope.get("root_path", "")))

    @router.get("/favicon.ico")
    async def favicon() -> Response:
        return Response(icon, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})

    return router


def _assets() -> dict[str, tuple[bytes, str]]:
    """Scripts and styles by name, each with its media type."""
    files = (importlib.resources.files("crosslate.service.http") / "playground").iterdir()
    return {
        one.name: (one.read_bytes(), mimetypes.guess_type(one.name)[0] or "application/octet-stream")
        for one in files
        if one.is_file()
    }
