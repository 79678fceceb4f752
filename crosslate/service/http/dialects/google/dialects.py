"""Google's Cloud Translation API, versions 2 and 3, over HTTP: who speaks them, and what is refused."""

from __future__ import annotations

from fastapi import APIRouter

from crosslate.service.http.dialect import Dialect
from crosslate.service.http.dialects.google.advanced import advanced_routes
from crosslate.service.http.dialects.google.basic import basic_routes
from crosslate.service.http.dialects.google.documents import document_routes
from crosslate.service.http.dialects.google.errors import render_error
from crosslate.service.http.dialects.google.glossaries import FOLDER, glossary_routes
from crosslate.service.http.dialects.google.keys import read_key
from crosslate.service.http.dialects.google.languages import GoogleLanguages
from crosslate.service.http.dialects.paths import GOOGLE_PREFIXES, Claim
from crosslate.service.http.dialects.refusals import refused_routes
from crosslate.service.http.services import Services
from crosslate.service.http.uploads import BASE64_PATH

_PROJECT = "/{version}/projects/{project}"
"""Of either version that the claim has."""
_LOCATION = f"{_PROJECT}/locations/{{location}}"
_NO_STORAGE = "No storage of Google is read or written: send texts to :translateText, documents to "
_NOT_TRAINED = "Nothing is trained here: leave the model out, or name one that is served."
_REFUSED = {
    f"{_PROJECT}:romanizeText": "Nothing is transliterated.",
    f"{_LOCATION}:romanizeText": "Nothing is transliterated.",
    f"{_LOCATION}:batchTranslateText": f"{_NO_STORAGE}:translateDocument.",
    f"{_LOCATION}:batchTranslateDocument": f"{_NO_STORAGE}:translateDocument.",
    f"{_LOCATION}:adaptiveMtTranslate": _NOT_TRAINED,
    f"{_LOCATION}/adaptiveMtDatasets": _NOT_TRAINED,
    f"{_LOCATION}/datasets": _NOT_TRAINED,
    f"{_LOCATION}/models": _NOT_TRAINED,
    _LOCATION + FOLDER: "Glossaries are not made from Google's storage: see this server's own API.",
}


def _advanced(services: Services) -> APIRouter:
    router = APIRouter()
    languages = GoogleLanguages(services)
    for parent in (_LOCATION, _PROJECT):
        router.include_router(advanced_routes(services, languages, parent))
    router.include_router(document_routes(services, languages, _LOCATION))
    router.include_router(glossary_routes(services, _LOCATION))
    router.include_router(refused_routes(_REFUSED))
    return router


GOOGLE_V2 = Dialect(
    name="google-v2",
    routes=basic_routes,
    render_error=render_error,
    read_key=read_key,
    claim=Claim(prefixes=("/language/translate/",)),
    field_names={"source_lang": "source", "target_lang": "target"},
    timeout_status=400,  # its client for Node sends again what a 408 or a 5xx answers
)
GOOGLE_V3 = Dialect(
    name="google-v3",
    routes=_advanced,
    render_error=render_error,
    read_key=read_key,
    claim=Claim(prefixes=GOOGLE_PREFIXES),
    field_names={"source_lang": "sourceLanguageCode", "target_lang": "targetLanguageCode"},
    file_path=BASE64_PATH,
)
