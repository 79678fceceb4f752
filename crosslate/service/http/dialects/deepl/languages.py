"""`/v2/languages` and `/v3/languages`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from crosslate.service.errors import FieldError, malformed
from crosslate.service.http.dialects.deepl.fields import read_fields
from crosslate.service.http.routes.operation import served_languages
from crosslate.service.http.services import Services
from crosslate.service.pipeline.language.languages import base_language, language_name, standard_tag

_VARIETIES = {"en": ("en-GB", "en-US"), "pt": ("pt-BR", "pt-PT")}
"""DeepL's clients refuse the bare codes as targets: a model that has one is asked for it by these."""
_TEXT, _DOCUMENT, _GLOSSARY = "translate_text", "translate_document", "glossary"
_RESOURCES = (_TEXT, _DOCUMENT, _GLOSSARY, "voice", "write", "style_rules", "translation_memory")
_DETECTION = "auto_detection"


def language_routes(services: Services) -> APIRouter:
    """What is served does not change while the service runs."""
    router = APIRouter()
    languages = served_languages(services)
    sources = _distinct(base_language(language.lang) for language in languages)
    targets = _distinct(
        tag for language in languages for target in language.targets for tag in _varieties(target)
    )
    listed = {
        "source": [_listed_before(tag) for tag in sources],
        "target": [{**_listed_before(tag), "supports_formality": False} for tag in targets],
    }
    resources = {_TEXT: _described(sources, targets, detects=True)}
    if services.documents.are_on:
        resources[_DOCUMENT] = resources[_TEXT]
    if services.glossaries.are_on:
        kept = _distinct(base_language(tag) for tag in targets)
        resources[_GLOSSARY] = _described(sources, kept, detects=False)

    @router.get("/v2/languages")
    @router.post("/v2/languages")
    async def list_languages(request: Request) -> Response:
        """Of one side. DeepL's Python client asks for the other one in the body of a GET."""
        fields = {**(await read_fields(request) if await request.body() else {}), **request.query_params}
        side = fields.get("type", "source")
        if not isinstance(side, str) or side not in listed:
            raise malformed((FieldError(("body", "type"), "is source or target"),))
        return JSONResponse(listed[side])

    @router.get("/v3/languages")
    async def describe_languages(request: Request) -> Response:
        """Of one resource; none of those that are not served."""
        resource = request.query_params.get("resource")
        if resource not in _RESOURCES:
            raise malformed((FieldError(("query", "resource"), f"is one of {', '.join(_RESOURCES)}"),))
        return JSONResponse(resources.get(resource, []))

    @router.get("/v3/languages/resources")
    async def describe_resources(request: Request) -> Response:
        detection = [{"name": _DETECTION, "needs_source_support": True}]
        offered = [{"name": name, "features": [] if name == _GLOSSARY else detection} for name in resources]
        return JSONResponse(offered)

    return router


def _varieties(target: str) -> Iterator[str]:
    tag = standard_tag(target) or target
    yield from _VARIETIES.get(tag, (tag,))


def _distinct(tags: Iterable[str]) -> list[str]:
    return sorted(set(tags))


def _listed_before(tag: str) -> dict[str, Any]:
    return {"language": tag.upper(), "name": language_name(tag)}


def _described(sources: Sequence[str], targets: Sequence[str], *, detects: bool) -> list[dict[str, Any]]:
    detection = {_DETECTION: {"status": "stable"}} if detects else {}
    return [
        {
            "lang": tag,
            "name": language_name(tag),
            "usable_as_source": tag in sources,
            "usable_as_target": tag in targets,
            "status": "stable",
            "features": detection if tag in sources else {},
        }
        for tag in _distinct([*sources, *targets])
    ]
