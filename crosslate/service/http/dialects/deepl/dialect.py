"""DeepL's API, `/v2` and `/v3`: who speaks it, with which key, and its errors."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.datastructures import Headers

from crosslate.service.http.dialect import Dialect, Fields, key_in, key_of_scheme
from crosslate.service.http.dialects.deepl.account import account_routes
from crosslate.service.http.dialects.deepl.documents import document_routes
from crosslate.service.http.dialects.deepl.errors import render_error
from crosslate.service.http.dialects.deepl.glossaries import glossary_routes
from crosslate.service.http.dialects.deepl.languages import language_routes
from crosslate.service.http.dialects.deepl.storage import storage_routes
from crosslate.service.http.dialects.deepl.translation import translation_routes
from crosslate.service.http.dialects.paths import GOOGLE_PREFIXES, Claim
from crosslate.service.http.services import Services


def _routes(services: Services) -> APIRouter:
    router = APIRouter()
    for routes in (translation_routes, document_routes, language_routes, account_routes, glossary_routes):
        router.include_router(routes(services))
    router.include_router(storage_routes())
    return router


def _read_key(headers: Headers, fields: Fields) -> str | None:
    """Where clients have it since 2021, or the field that older ones send."""
    return key_of_scheme(headers, "deepl-auth-key") or key_in(fields, "auth_key")


DEEPL = Dialect(
    name="deepl",
    routes=_routes,
    render_error=render_error,
    read_key=_read_key,
    claim=Claim(prefixes=("/v2/", "/v3/"), but=GOOGLE_PREFIXES),
    id_header="X-Trace-ID",  # what DeepL's support, and here the log, finds a request by
    file_path="/v2/document",
    timeout_status=408,  # its clients send again what a 5xx answers
)
