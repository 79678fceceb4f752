"""DeepL's glossaries: `/v2`, for one pair of languages each, and `/v3`, for several."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from crosslate.service.errors import FieldError, malformed
from crosslate.service.glossaries.formats import read_entries, written_tsv
from crosslate.service.glossaries.glossaries import Dictionary, language_of
from crosslate.service.http.dialect import EMPTY, call_of
from crosslate.service.http.dialects.deepl.fields import read_fields
from crosslate.service.http.dialects.reading import LenientFields, parsed
from crosslate.service.http.routes.operation import served_languages
from crosslate.service.http.services import Services
from crosslate.service.store.glossaries import DictionaryRow, GlossaryRow

_TSV = "text/tab-separated-values"
_CREATED, _GONE = 201, 204
_FORM_MEMBER = re.compile(r"dictionaries\[(\d{1,4})\]\.(\w+)")
"""How forms, which DeepL's client for Node sends, name a member of a dictionary."""


class DictionaryFields(LenientFields):
    """What a glossary is to have for one pair of languages."""

    source_lang: Annotated[str, Field(min_length=1, max_length=35)]
    target_lang: Annotated[str, Field(min_length=1, max_length=35)]
    entries: str
    entries_format: Literal["tsv", "csv"] = "tsv"

    def dictionary(self) -> Dictionary:
        """With its entries read."""
        entries = read_entries(self.entries, self.entries_format, ("body", "entries"))
        return Dictionary(self.source_lang, self.target_lang, entries)


class NewGlossaryFields(DictionaryFields):
    """`POST /v2/glossaries`."""

    name: str


class MultilingualFields(LenientFields):
    """`POST /v3/glossaries`, and what is changed of one."""

    name: str | None = None
    dictionaries: tuple[DictionaryFields, ...] = ()


def glossary_routes(services: Services) -> APIRouter:
    """All of them. Ids of both versions are the same: `/v2` shows the first pair of languages."""
    router = APIRouter()
    router.include_router(_single_routes(services))
    router.include_router(_multilingual_routes(services))
    return router


def _single_routes(services: Services) -> APIRouter:
    router = APIRouter()
    kept, owner = services.glossaries, partial(_owner, services)

    @router.get("/v2/glossary-language-pairs")
    async def list_pairs(request: Request) -> Response:
        pairs = {
            (language_of(language.lang), language_of(target)): None
            for language in served_languages(services)
            for target in language.targets
        }
        listed = [{"source_lang": source, "target_lang": target} for source, target in pairs]
        return JSONResponse({"supported_languages": listed if kept.are_on else []})

    @router.post("/v2/glossaries")
    async def create(request: Request) -> Response:
        raw = await read_fields(request)
        fields = parsed(raw, NewGlossaryFields)
        row = await kept.create(owner(request, raw), fields.name, [fields.dictionary()])
        return JSONResponse(_single(row), _CREATED)

    @router.get("/v2/glossaries")
    async def list_all(request: Request) -> Response:
        rows = await kept.of_owner(owner(request)) if kept.are_on else []
        listed = [_single(row) for row in rows if row.dictionaries]
        return JSONResponse({"glossaries": listed})

    @router.get("/v2/glossaries/{glossary_id}")
    async def show(request: Request, glossary_id: str) -> Response:
        return JSONResponse(_single(await kept.get(owner(request), glossary_id)))

    @router.delete("/v2/glossaries/{glossary_id}")
    @router.delete("/v3/glossaries/{glossary_id}")
    async def delete(request: Request, glossary_id: str) -> Response:
        await kept.delete(owner(request), glossary_id)
        return Response(status_code=_GONE)

    @router.get("/v2/glossaries/{glossary_id}/entries")
    async def entries(request: Request, glossary_id: str) -> Response:
        mine = owner(request)
        first = _first(await kept.get(mine, glossary_id))
        found = await kept.entries(mine, glossary_id, first.source_lang, first.target_lang)
        return Response(written_tsv(found), media_type=_TSV)

    return router


def _multilingual_routes(services: Services) -> APIRouter:
    router = APIRouter()
    kept, owner = services.glossaries, partial(_owner, services)

    @router.post("/v3/glossaries")
    async def create(request: Request) -> Response:
        raw = _with_dictionaries(await read_fields(request))
        fields = parsed(raw, MultilingualFields)
        if fields.name is None or not fields.dictionaries:
            raise malformed((FieldError(("body",), "needs a name and dictionaries"),))
        row = await kept.create(
            owner(request, raw), fields.name, [one.dictionary() for one in fields.dictionaries]
        )
        return JSONResponse(_multilingual(row), _CREATED)

    @router.get("/v3/glossaries")
    async def list_all(request: Request) -> Response:
        rows = await kept.of_owner(owner(request)) if kept.are_on else []
        return JSONResponse({"glossaries": [_multilingual(row) for row in rows]})

    @router.get("/v3/glossaries/{glossary_id}")
    async def show(request: Request, glossary_id: str) -> Response:
        return JSONResponse(_multilingual(await kept.get(owner(request), glossary_id)))

    @router.patch("/v3/glossaries/{glossary_id}")
    async def change(request: Request, glossary_id: str) -> Response:
        """Another name; entries beside those that are there."""
        raw = _with_dictionaries(await read_fields(request))
        fields, mine = parsed(raw, MultilingualFields), owner(request, raw)
        dictionaries = [one.dictionary() for one in fields.dictionaries]
        return JSONResponse(_multilingual(await kept.change(mine, glossary_id, fields.name, dictionaries)))

    @router.put("/v3/glossaries/{glossary_id}/dictionaries")
    async def replace(request: Request, glossary_id: str) -> Response:
        raw = await read_fields(request)
        fields = parsed(raw, DictionaryFields)
        there = await kept.put(owner(request, raw), glossary_id, fields.dictionary())
        row = DictionaryRow(there.source_lang, there.target_lang, len(there.entries))
        return JSONResponse(_dictionary(row))

    @router.delete("/v3/glossaries/{glossary_id}/dictionaries")
    async def remove(request: Request, glossary_id: str, source_lang: str, target_lang: str) -> Response:
        await kept.remove(owner(request), glossary_id, source_lang, target_lang)
        return Response(status_code=_GONE)

    @router.get("/v3/glossaries/{glossary_id}/entries")
    async def entries(request: Request, glossary_id: str, source_lang: str, target_lang: str) -> Response:
        found = await kept.entries(owner(request), glossary_id, source_lang, target_lang)
        listed = {
            "source_lang": language_of(source_lang),
            "target_lang": language_of(target_lang),
            "entries": written_tsv(found),
            "entries_format": "tsv",
        }
        return JSONResponse({"dictionaries": [listed]})

    return router


def _owner(services: Services, request: Request, fields: Mapping[str, Any] = EMPTY) -> str:
    return services.serving.owner(call_of(request, fields=fields))


def _with_dictionaries(fields: Mapping[str, Any]) -> dict[str, Any]:
    """With what a form has of dictionaries as the list that JSON has."""
    dictionaries: dict[int, dict[str, Any]] = {}
    for name, value in fields.items():
        if match := _FORM_MEMBER.fullmatch(name):
            dictionaries.setdefault(int(match[1]), {})[match[2]] = value
    listed = [dictionaries[number] for number in sorted(dictionaries)]
    return {**fields, "dictionaries": listed} if listed else dict(fields)


def _first(row: GlossaryRow) -> DictionaryRow:
    return row.dictionaries[0] if row.dictionaries else DictionaryRow("", "", 0)


def _time(row: GlossaryRow) -> str:
    """With a fraction and a zone, without which DeepL's clients cannot read it."""
    return datetime.fromtimestamp(row.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _single(row: GlossaryRow) -> dict[str, Any]:
    about = {"glossary_id": row.id, "name": row.name, "ready": True, "creation_time": _time(row)}
    return {**about, **_dictionary(_first(row))}


def _multilingual(row: GlossaryRow) -> dict[str, Any]:
    dictionaries: Sequence[dict[str, Any]] = [_dictionary(one) for one in row.dictionaries]
    return {
        "glossary_id": row.id,
        "name": row.name,
        "creation_time": _time(row),
        "dictionaries": dictionaries,
    }


def _dictionary(row: DictionaryRow) -> dict[str, Any]:
    return {
        "source_lang": row.source_lang,
        "target_lang": row.target_lang,
        "entry_count": row.num_entries,
    }
