"""Azure Translator's API, version 3: who speaks it, with which key, and its errors."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.datastructures import Headers

from crosslate.service.http.dialect import Dialect, Fields, key_of_scheme
from crosslate.service.http.dialects.azure.asking import METERED
from crosslate.service.http.dialects.azure.detection import detection_routes
from crosslate.service.http.dialects.azure.documents import DOCUMENT_PATH, document_routes
from crosslate.service.http.dialects.azure.errors import render_error
from crosslate.service.http.dialects.azure.languages import AzureLanguages, language_routes
from crosslate.service.http.dialects.azure.translation import translation_routes
from crosslate.service.http.dialects.paths import Claim
from crosslate.service.http.dialects.refusals import refused_routes
from crosslate.service.http.services import Services

_PREFIX = "/translator/text/v3.0"
"""Of a resource with an address of its own; the global one has none."""
_DOCUMENTS = "/translator/document"
_NO_DICTIONARY = "There is no dictionary to look words up in."
_REFUSED = {
    "/breaksentence": "Sentences are told with a translation: /translate with includeSentenceLength=true.",
    "/transliterate": "Nothing is transliterated.",
    "/dictionary/lookup": _NO_DICTIONARY,
    "/dictionary/examples": _NO_DICTIONARY,
}
_REFUSED_DOCUMENTS = {
    f"{_DOCUMENTS}/batches": f"No storage of Azure is read: send documents one by one to {DOCUMENT_PATH}.",
}
_PATHS = frozenset({"/translate", "/languages", "/detect", *_REFUSED})


def _routes(services: Services) -> APIRouter:
    languages = AzureLanguages(services)
    operations = APIRouter()
    for routes in (translation_routes, language_routes, detection_routes):
        operations.include_router(routes(services, languages))
    operations.include_router(refused_routes(_REFUSED))
    router = APIRouter()
    for prefix in ("", _PREFIX):
        router.include_router(operations, prefix=prefix)
    router.include_router(document_routes(services, languages))
    router.include_router(refused_routes(_REFUSED_DOCUMENTS))
    return router


def _read_key(headers: Headers, fields: Fields) -> str | None:
    """A key as such, or a bearer token (RFC 6750)."""
    return headers.get("ocp-apim-subscription-key") or key_of_scheme(headers, "bearer")


AZURE = Dialect(
    name="azure",
    routes=_routes,
    render_error=render_error,
    read_key=_read_key,
    claim=Claim(versioned_paths=_PATHS, prefixes=(f"{_PREFIX}/", f"{_DOCUMENTS}/", DOCUMENT_PATH)),
    id_header="X-RequestId",
    own_headers=(METERED,),
    file_path=DOCUMENT_PATH,
    timeout_status=408,  # its clients send again what a 504 answers
)
