"""Glossaries that are kept here, by the names that Google's clients give them; they are made elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from crosslate.service.errors import FieldError, ServiceError, malformed
from crosslate.service.http.dialect import call_of
from crosslate.service.http.dialects.google.fields import GlossaryConfig
from crosslate.service.http.glossary_terms import terms_of
from crosslate.service.http.services import Services
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.serving.serving import Call
from crosslate.service.store.glossaries import GlossaryRow

FOLDER = "/glossaries"
"""Of a location."""


def glossary_routes(services: Services, location: str) -> APIRouter:
    """To look at them."""
    router = APIRouter(prefix=location)

    @router.get(FOLDER)
    async def list_all(request: Request) -> Response:
        owner = services.serving.owner(call_of(request, fields=request.query_params))
        kept = await services.glossaries.of_owner(owner) if services.glossaries.are_on else []
        return JSONResponse({"glossaries": [_glossary(row, _name(request, row.id)) for row in kept]})

    @router.get(FOLDER + "/{glossary}")
    async def show(request: Request, glossary: str) -> Response:
        row = await _kept(services, call_of(request, fields=request.query_params), glossary)
        return JSONResponse(_glossary(row, _name(request, glossary)))

    return router


async def terms_named(
    services: Services, call: Call, config: GlossaryConfig | None, pair: tuple[str, str]
) -> tuple[GlossaryEntry, ...]:
    """The entries that a glossary, named by a request, has for a pair of languages; none where it names none.

    Raises:
        ServiceError: 404 there is no such glossary, 400 it is not for these languages, 422 there is no source
            language to tell them by.
    """
    if config is None:
        return ()
    if not pair[0]:
        raise malformed((FieldError(("body", "sourceLanguageCode"), "is required with a glossary"),))
    row = await _kept(services, call, config.glossary)
    return await terms_of(services, call, (), [row.id], pair)


async def _kept(services: Services, call: Call, name: str) -> GlossaryRow:
    """By its id or, as users of Google choose ids themselves, by the name that it was given."""
    wanted = name.rpartition("/")[2]
    rows = await services.glossaries.of_owner(services.serving.owner(call))
    for row in sorted(rows, key=lambda row: row.id != wanted):
        if wanted in (row.id, row.name):
            return row
    raise ServiceError("glossary_not_found", "There is no glossary with this id or name.")


def _name(request: Request, glossary: str) -> str:
    """In the project and location that are asked for."""
    given = request.path_params
    return f"projects/{given['project']}/locations/{given['location']}{FOLDER}/{glossary}"


def _glossary(row: GlossaryRow, name: str) -> dict[str, Any]:
    made = datetime.fromtimestamp(row.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    about = {"name": name, "displayName": row.name, "submitTime": made, "endTime": made}
    count = {"entryCount": sum(one.num_entries for one in row.dictionaries)}
    if len(row.dictionaries) == 1:
        (pair,) = row.dictionaries
        languages = {"sourceLanguageCode": pair.source_lang, "targetLanguageCode": pair.target_lang}
        return {**about, **count, "languagePair": languages}
    codes = {code for one in row.dictionaries for code in (one.source_lang, one.target_lang)}
    return {**about, **count, "languageCodesSet": {"languageCodes": sorted(codes)}}
