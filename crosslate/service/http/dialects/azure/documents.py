"""Azure's translation of one document by one request: `/translator/document:translate`."""

from __future__ import annotations

from pathlib import PurePath

from fastapi import APIRouter, Request
from starlette.datastructures import QueryParams
from starlette.responses import Response

from crosslate.service.documents.formats.media_types import with_ending
from crosslate.service.documents.jobs.request import DocumentRequest
from crosslate.service.errors import ServiceError
from crosslate.service.glossaries.formats import decoded, read_entries
from crosslate.service.http.dialect import call_of
from crosslate.service.http.dialects.azure.asking import METERED
from crosslate.service.http.dialects.azure.errors import RefusalError
from crosslate.service.http.dialects.azure.fields import check_category, truth
from crosslate.service.http.dialects.azure.languages import AzureLanguages
from crosslate.service.http.dialects.notes import warning_header, without_effect
from crosslate.service.http.dialects.waiting import wait_for_document
from crosslate.service.http.services import Services
from crosslate.service.http.uploads import Upload, file_response, read_upload, take_in
from crosslate.service.pipeline.glossary.terms import GlossaryEntry

DOCUMENT_PATH = "/translator/document:translate"
DOCUMENT_PARAMETERS = frozenset(
    {"api-version", "sourceLanguage", "targetLanguage", "category", "deploymentName", "allowFallback"}
)
"""Of its query, in all its versions. Whatever else it has is without effect, and said to be."""
_GLOSSARY_FORMATS = frozenset({".csv", ".tsv", ".tab", ".txt"})
_GENERAL = "general"


def document_routes(services: Services, languages: AzureLanguages) -> APIRouter:
    """A document in, its translation out; nothing of it is kept."""
    router = APIRouter()

    @router.post(DOCUMENT_PATH)
    async def translate_document(request: Request) -> Response:
        call, query = call_of(request), request.query_params
        services.serving.identify(call)  # before the file is read
        notes = _notes(query)
        target, source = _languages(query, languages)
        upload = await read_upload(request, file="document", beside="glossary")
        wanted = DocumentRequest(
            name=with_ending(upload.name, upload.media_type),  # as Azure, which goes by types
            target_lang=target,
            source_lang=source,
            glossary=_glossary(upload, services.settings.glossaries.max_entries),
        )
        ticket, status = await take_in(services, call, upload.data, wanted)
        await wait_for_document(services, ticket)
        jobs = await services.documents.jobs()
        owner = await jobs.owner(ticket)
        response = file_response(await jobs.result(ticket, owner))
        await jobs.delete(ticket, owner)
        used = {METERED: str(status.num_characters)}
        response.headers.update({**used, **warning_header(notes)})
        return response

    return router


def _languages(query: QueryParams, languages: AzureLanguages) -> tuple[str, str | None]:
    """Into which, and from which; None: to be detected."""
    if not (target := query.get("targetLanguage")):
        raise RefusalError(400036, "The target language (targetLanguage) is missing.")
    return languages.target(target, "targetLanguage"), languages.source(
        query.get("sourceLanguage"), "sourceLanguage"
    )


def _notes(query: QueryParams) -> list[str]:
    idle = sorted(set(query) - DOCUMENT_PARAMETERS)
    allows_fallback = truth(query, "allowFallback", default=True)
    for name in ("category", "deploymentName"):
        idle += check_category(name, query.get(name) or _GENERAL, allows_fallback)
    return without_effect(idle)


def _glossary(upload: Upload, max_entries: int) -> tuple[GlossaryEntry, ...]:
    """The entries of all glossaries; of a term that several have, the first counts."""
    found: dict[str, GlossaryEntry] = {}
    for name, data in upload.beside:
        for entry in _entries(name, data):
            found.setdefault(entry.source, entry)
    if len(found) > max_entries:
        raise ServiceError(
            "glossary_too_large",
            f"The glossaries have {len(found)} entries; {max_entries} are taken (glossaries.max_entries).",
        )
    return tuple(found.values())


def _entries(name: str, data: bytes) -> list[GlossaryEntry]:
    suffix = PurePath(name).suffix.lower()
    if suffix not in _GLOSSARY_FORMATS:
        raise RefusalError(
            400000, "A glossary is a file with tabs or commas, whose name ends in .tsv or .csv."
        )
    try:
        content = decoded(data)
    except ValueError as error:
        raise RefusalError(400000, f"The glossary {error}.") from None
    return read_entries(content, "csv" if suffix == ".csv" else "tsv", ("body", "glossary"))
