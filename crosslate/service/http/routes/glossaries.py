"""`/v1/glossaries`: terms that are kept, to be used again and again."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from crosslate.service.errors import FieldError, malformed
from crosslate.service.glossaries.files import KINDS, GlossaryFile, Kind, read_file
from crosslate.service.glossaries.formats import written_tsv
from crosslate.service.glossaries.glossaries import Dictionary
from crosslate.service.http import problems
from crosslate.service.http.body import read_json
from crosslate.service.http.dialect import call_of
from crosslate.service.http.forms import query_pairs
from crosslate.service.http.glossary_answers import EntriesAnswer, GlossariesAnswer, GlossaryAnswer
from crosslate.service.http.openapi import json_body, operation_id, responses
from crosslate.service.http.requests import GlossaryBody, LanguageTag
from crosslate.service.http.routes.common import json_answer
from crosslate.service.http.services import Services
from crosslate.service.pipeline.glossary.terms import GlossaryEntry

_TSV = "text/tab-separated-values"
_FILES: dict[str, Kind] = {
    _TSV: "tsv",
    "text/csv": "csv",
    **dict.fromkeys(("application/x-tmx+xml", "application/tmx+xml", "application/x-tmx"), "tmx"),
}
_WANTED = (
    f"Send JSON with the header Content-Type: application/json, or a file in {KINDS}: {_TSV}, text/csv or "
    "application/x-tmx+xml, with name, source_lang and target_lang in the query."
)
_CREATED, _GONE = 201, 204
_OF_FILES = {
    "name": "Of a file: for people.",
    "source_lang": "Of a file: the language of the terms.",
    "target_lang": "Of a file: the language of what they become.",
}
_BODY = {
    **json_body(GlossaryBody, {_TSV: "A file.", "text/csv": "A file.", "application/x-tmx+xml": "A file."}),
    "parameters": [
        {"name": name, "in": "query", "description": said, "schema": {"type": "string"}}
        for name, said in _OF_FILES.items()
    ],
}


def glossary_routes(services: Services) -> APIRouter:
    """To keep glossaries, to look at them and to delete them."""
    router = APIRouter(prefix="/v1", tags=["glossaries"], generate_unique_id_function=operation_id)
    kept = services.glossaries

    @router.post(
        "/glossaries",
        status_code=_CREATED,
        response_model=GlossaryAnswer,
        responses=responses(problems.GLOSSARY_CREATE, status=_CREATED),
        openapi_extra=_BODY,
    )
    async def create_glossary(request: Request) -> Response:
        """Keep a glossary: JSON, or the file of one pair of languages.

        A file is `text/tab-separated-values`, `text/csv` or `application/x-tmx+xml`; `name`, `source_lang`
        and `target_lang` then stand in the query. A first line that names the columns is no term:
        `warnings` says so.
        """
        owner = services.serving.owner(call_of(request))
        form = _FILES.get(request.headers.get("content-type", "").partition(";")[0].strip().lower())
        file = GlossaryFile(())
        if form is None:
            body = await read_json(request, GlossaryBody, otherwise=_WANTED)
            dictionaries = [
                Dictionary(
                    one.source_lang,
                    one.target_lang,
                    [GlossaryEntry(entry.source, entry.target) for entry in one.entries],
                )
                for one in body.dictionaries
            ]
            row = await kept.create(owner, body.name, dictionaries)
        else:
            name, source, target = (
                _query(request, field) for field in ("name", "source_lang", "target_lang")
            )
            file = read_file(await request.body(), form, source, target)
            row = await kept.create(owner, name, [Dictionary(source, target, file.entries)])
        answer = json_answer(GlossaryAnswer.of(row, file.notices))
        answer.status_code = _CREATED
        return answer

    @router.get("/glossaries", response_model=GlossariesAnswer, responses=responses(problems.GLOSSARIES))
    async def list_glossaries(request: Request) -> Response:
        """Those of the key, or of all who need none."""
        rows = await kept.of_owner(services.serving.owner(call_of(request)))
        return json_answer(GlossariesAnswer(data=[GlossaryAnswer.of(row) for row in rows]))

    @router.get(
        "/glossaries/{glossary_id}", response_model=GlossaryAnswer, responses=responses(problems.GLOSSARY)
    )
    async def get_glossary(request: Request, glossary_id: str) -> Response:
        """What a glossary has, without its entries."""
        row = await kept.get(services.serving.owner(call_of(request)), glossary_id)
        return json_answer(GlossaryAnswer.of(row))

    @router.get(
        "/glossaries/{glossary_id}/entries",
        response_model=EntriesAnswer,
        responses=responses(problems.GLOSSARY_ENTRIES, {_TSV: "With `Accept: text/tab-separated-values`."}),
    )
    async def get_entries(
        request: Request, glossary_id: str, source_lang: LanguageTag, target_lang: LanguageTag
    ) -> Response:
        """The entries for one pair of languages."""
        owner = services.serving.owner(call_of(request))
        entries = await kept.entries(owner, glossary_id, source_lang, target_lang)
        if _TSV in request.headers.get("accept", ""):
            return Response(written_tsv(entries), media_type=_TSV)
        return json_answer(EntriesAnswer.of(source_lang, target_lang, entries))

    @router.delete(
        "/glossaries/{glossary_id}", status_code=_GONE, responses=responses(problems.GLOSSARY, status=_GONE)
    )
    async def delete_glossary(request: Request, glossary_id: str) -> Response:
        """Delete it with all its entries."""
        await kept.delete(services.serving.owner(call_of(request)), glossary_id)
        return Response(status_code=_GONE)

    return router


def _query(request: Request, field: str) -> str:
    value = dict(query_pairs(request)).get(field)
    if not value:
        raise malformed((FieldError(("query", field), "is required with a file"),))
    return value
