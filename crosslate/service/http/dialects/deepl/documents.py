"""`/v2/document`: whole files, fetched once."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from crosslate.service.documents.jobs.jobs import DocumentStatus
from crosslate.service.documents.jobs.request import DocumentRequest
from crosslate.service.documents.jobs.ticket import Ticket
from crosslate.service.errors import ServiceError, not_supported
from crosslate.service.http.dialect import call_of
from crosslate.service.http.dialects.codes import LanguageCodes
from crosslate.service.http.dialects.deepl.fields import Formality, check_formality
from crosslate.service.http.dialects.reading import LenientFields, parsed, read_fields
from crosslate.service.http.glossary_terms import terms_of
from crosslate.service.http.services import Services
from crosslate.service.http.uploads import Upload, file_response, owner_of, read_upload, take_in

_STATES = {"queued": "queued", "running": "translating", "done": "done", "failed": "error"}
_NOT_READY = 503
"""What DeepL's clients take for "not yet"."""


class UploadFields(LenientFields):
    """`POST /v2/document`, besides the file."""

    target_lang: str
    source_lang: str | None = None
    formality: Formality = "default"
    output_format: str | None = None
    glossary_id: str | None = None
    auth_key: str | None = Field(default=None, repr=False)


class KeyFields(LenientFields):
    """What is asked of a document with."""

    document_key: str


def document_routes(services: Services) -> APIRouter:
    """Sent, looked at, fetched; what has been fetched is deleted."""
    router = APIRouter()
    codes = LanguageCodes.of(services)

    @router.post("/v2/document")
    async def upload_document(request: Request) -> Response:
        upload = await read_upload(request)
        given = {name: value for name, value in upload.single().items() if value != ""}
        fields, call = parsed(given, UploadFields), call_of(request, fields=given)
        _check(fields, upload.name)
        stored = [fields.glossary_id] if fields.glossary_id else _named(upload)
        wanted = DocumentRequest(
            name=upload.name,
            target_lang=codes.target(fields.target_lang),
            source_lang=codes.source(fields.source_lang),
            glossary=await terms_of(services, call, (), stored, (fields.source_lang, fields.target_lang)),
        )
        ticket, _ = await take_in(services, call, upload.data, wanted)
        return JSONResponse({"document_id": ticket.id, "document_key": ticket.key.token})

    @router.post("/v2/document/{document_id}")
    async def show_document(document_id: str, request: Request) -> Response:
        ticket, owner = await asked(document_id, request)
        status = await (await services.documents.jobs()).status(ticket, owner)
        return JSONResponse({"document_id": document_id, **_status(status)})

    @router.post("/v2/document/{document_id}/result")
    async def fetch_document(document_id: str, request: Request) -> Response:
        ticket, owner = await asked(document_id, request)
        jobs = await services.documents.jobs()
        try:
            result = await jobs.result(ticket, owner)
        except ServiceError as error:
            if error.code != "document_not_ready":
                raise
            raise ServiceError(error.code, error.detail, status=_NOT_READY) from None
        await jobs.delete(ticket, owner)
        return file_response(result)

    async def asked(document_id: str, request: Request) -> tuple[Ticket, str | None]:
        fields = await read_fields(request)
        owner = owner_of(services, call_of(request, fields=fields))
        return Ticket.parse(document_id, parsed(fields, KeyFields).document_key), owner

    return router


def _named(upload: Upload) -> list[str]:
    """The ids of `glossary_ids`, be they apart or in one with commas."""
    return [one for value in upload.fields.get("glossary_ids", ()) for one in value.split(",") if one]


def _check(fields: UploadFields, name: str) -> None:
    """Pass if nothing is asked for that would make another document.

    Raises:
        ServiceError: 400.
    """
    check_formality(fields.formality)
    if fields.output_format and f".{fields.output_format.lower()}" != PurePath(name).suffix.lower():
        raise not_supported("A document keeps its format: leave output_format out.")


def _status(status: DocumentStatus) -> dict[str, Any]:
    if status.state == "failed":
        # The specification has one of these, and the clients read the other.
        return {"status": "error", "message": status.error, "error_message": status.error}
    answer: dict[str, Any] = {"status": _STATES[status.state], "billed_characters": status.num_characters}
    if status.state == "running" and status.progress:
        left = status.seconds / status.progress - status.seconds
        answer["seconds_remaining"] = max(1, round(left))
    return answer
