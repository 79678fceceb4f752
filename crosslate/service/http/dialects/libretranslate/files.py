"""`/translate_file`: one request for a file, whose answer says where its translation is to be fetched."""

from __future__ import annotations

from pathlib import PurePath

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from crosslate.service.documents.jobs.request import DocumentRequest
from crosslate.service.documents.jobs.ticket import Ticket
from crosslate.service.errors import FieldError, malformed
from crosslate.service.http.dialect import call_of
from crosslate.service.http.dialects.codes import LanguageCodes
from crosslate.service.http.dialects.waiting import wait_for_document
from crosslate.service.http.services import Services
from crosslate.service.http.uploads import Upload, file_response, read_upload, take_in

DOWNLOADS = "/download_file/"


def file_routes(services: Services) -> APIRouter:
    """A file in, and out."""
    router = APIRouter()
    codes = LanguageCodes.of(services)

    @router.post("/translate_file")
    async def translate_file(request: Request) -> Response:
        upload = await read_upload(request)
        call = call_of(request, fields=upload.single())
        wanted = DocumentRequest(
            name=upload.name,
            target_lang=codes.target(_field(upload, "target")),
            source_lang=codes.source(_field(upload, "source")),
        )
        ticket, _ = await take_in(services, call, upload.data, wanted)
        await wait_for_document(services, ticket)
        suffix = PurePath(upload.name).suffix
        url = f"{str(request.base_url).rstrip('/')}{DOWNLOADS}{ticket.token}{suffix}"
        return JSONResponse({"translatedFileUrl": url})

    @router.get(DOWNLOADS + "{name}")
    async def download_file(name: str) -> Response:
        """Without a key: the name holds the document's own."""
        jobs, ticket = await services.documents.jobs(), Ticket.parse(PurePath(name).stem)
        return file_response(await jobs.result(ticket, await jobs.owner(ticket)))

    return router


def _field(upload: Upload, name: str) -> str:
    value = upload.single().get(name)
    if not value:
        raise malformed((FieldError((), f"missing {name} parameter"),))
    return value
