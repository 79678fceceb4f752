"""The native API: what a request speaks unless it is known to speak another."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.datastructures import Headers

from crosslate.service.http.dialect import Dialect, Fields, key_of_scheme
from crosslate.service.http.dialects.paths import Claim
from crosslate.service.http.errors import problem_response
from crosslate.service.http.routes.documents import document_routes
from crosslate.service.http.routes.glossaries import glossary_routes
from crosslate.service.http.routes.operation import catalog_routes, operation_routes, version_routes
from crosslate.service.http.routes.summarization import summarization_routes
from crosslate.service.http.routes.translation import translation_routes
from crosslate.service.http.services import Services


def _routes(services: Services) -> APIRouter:
    """One router: FastAPI looks for a route anew at every level of those that are included."""
    parts = [
        translation_routes,
        summarization_routes,
        glossary_routes,
        document_routes,
        catalog_routes,
        version_routes,
    ]
    if services.settings.operation_port is None:
        parts.append(operation_routes)
    return APIRouter(routes=[route for part in parts for route in part(services).routes])


def bearer_key(headers: Headers, fields: Fields) -> str | None:
    """RFC 6750, section 2.1."""
    return key_of_scheme(headers, "bearer")


NATIVE = Dialect(
    name="native",
    routes=_routes,
    render_error=problem_response,
    read_key=bearer_key,
    claim=Claim(prefixes=("/",)),
    file_path="/v1/documents",
    is_native=True,
)
