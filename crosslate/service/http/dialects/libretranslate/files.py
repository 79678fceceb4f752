"""`/translate_file`: one request for a file, whose answer says where its translation is to be fetched."""

from __future__ import annotations

import asyncio
from pathlib import PurePath

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from crosslate.service.documents.jobs.request import DocumentRequest
from crosslate.service.documents.jobs.ticket import Ticket
from crosslate.service.errors import FieldError, ServiceError, malformed
from crosslate.service.http.dialect import call_of
from crosslate.service.http.dialects.codes import LanguageCodes
from crosslate.service.http.services import Services
from crosslate.service.http.uploads import Upload, file_response, read_upload, take_in

DOWNLOADS = "/download_file/"
_LOOK_EVERY_S = 0.1


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
        await finished(ticket)
        suffix = PurePath(upload.name).suffix
        url = f"{str(request.base_url).rstrip('/')}{DOWNLOADS}{ticket.token}{suffix}"
        return JSONResponse({"translatedFileUrl": url})

    @router.get(DOWNLOADS + "{name}")
    async def download_file(name: str) -> Response:
        """Without a key: the name holds the document's own."""
        jobs, ticket = await services.documents.jobs(), Ticket.parse(PurePath(name).stem)
        return file_response(await jobs.result(ticket, await jobs.owner(ticket)))

    async def finished(ticket: Ticket) -> None:
        """Wait as long as for any request; nobody could fetch what takes longer, or what nobody waits for."""
        jobs = await services.documents.jobs()
        owner, limit_s = await jobs.owner(ticket), services.settings.limits.max_timeout_s
        try:
            async with asyncio.timeout(limit_s):
                while (status := await jobs.status(ticket, owner)).state not in {"done", "failed"}:
                    await asyncio.sleep(_LOOK_EVERY_S)
        except asyncio.CancelledError:
            await jobs.delete(ticket, owner)
            raise
        except TimeoutError:
            await jobs.delete(ticket, owner)
            raise ServiceError(
                "timeout",
                f"The file was not translated within {limit_s:g} s (limits.max_timeout_s): send it in parts.",
            ) from None
        if status.state == "failed":
            await jobs.result(ticket, owner)  # raises what was wrong

    return router


def _field(upload: Upload, name: str) -> str:
    value = upload.single().get(name)
    if not value:
        raise malformed((FieldError((), f"missing {name} parameter"),))
    return value
