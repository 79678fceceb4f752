"""`/v1/documents`."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from crosslate.service.documents.jobs.ticket import Ticket
from crosslate.service.errors import FieldError, malformed
from crosslate.service.http import problems
from crosslate.service.http.body import check_keys
from crosslate.service.http.dialect import call_of
from crosslate.service.http.document_answers import DocumentAnswer, DocumentForm
from crosslate.service.http.glossary_terms import terms_of
from crosslate.service.http.openapi import operation_id, responses
from crosslate.service.http.routes.common import json_answer
from crosslate.service.http.services import Services
from crosslate.service.http.uploads import BYTES, Upload, file_response, owner_of, read_upload, take_in
from crosslate.service.settings.validation import request_errors

_LISTS = frozenset({"protect", "columns", "paths"})
_ACCEPTED, _NO_CONTENT = 202, 204
_NAME = 'form-data; name="file"; filename="letter.txt"'
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {"$ref": "#/components/schemas/DocumentForm"},
                "encoding": {
                    "file": {
                        "headers": {"Content-Disposition": {"schema": {"type": "string"}, "example": _NAME}}
                    }
                },
            }
        },
    }
}


def document_routes(services: Services) -> APIRouter:
    """Documents are translated in the background: sent, looked at, fetched, deleted."""
    router = APIRouter(prefix="/v1", tags=["documents"], generate_unique_id_function=operation_id)

    @router.post(
        "/documents",
        status_code=_ACCEPTED,
        response_model=DocumentAnswer,
        responses=responses(problems.SEND_DOCUMENT, status=_ACCEPTED),
        openapi_extra=_FORM,
    )
    async def send_document(request: Request) -> Response:
        """Have a document translated; the answer says what to ask for it by."""
        call = call_of(request)
        services.serving.identify(call)  # before the file is read
        upload = await read_upload(request)
        form = _form(upload)
        stored = [] if form.glossary_id is None else [form.glossary_id]
        glossary = await terms_of(services, call, form.entries, stored, (form.source_lang, form.target_lang))
        ticket, status = await take_in(services, call, upload.data, form.request(upload.name, glossary))
        answer = json_answer(DocumentAnswer.of(ticket.token, status))
        answer.status_code = _ACCEPTED
        return answer

    @router.get(
        "/documents/{document_id}",
        response_model=DocumentAnswer,
        responses=responses(problems.ASK_DOCUMENT),
    )
    async def show_document(document_id: str, request: Request) -> Response:
        """How far a document is."""
        owner = owner_of(services, call_of(request))
        jobs, ticket = await services.documents.jobs(), Ticket.parse(document_id)
        return json_answer(DocumentAnswer.of(ticket.token, await jobs.status(ticket, owner)))

    @router.get(
        "/documents/{document_id}/result",
        response_class=Response,
        responses=responses(
            problems.FETCH_DOCUMENT, {BYTES: "The translated file."}, headers=["Content-Disposition"]
        ),
    )
    async def fetch_document(document_id: str, request: Request) -> Response:
        """The translated file, as often as it is asked for until the document is deleted."""
        owner = owner_of(services, call_of(request))
        jobs = await services.documents.jobs()
        return file_response(await jobs.result(Ticket.parse(document_id), owner))

    @router.delete(
        "/documents/{document_id}",
        status_code=_NO_CONTENT,
        response_class=Response,
        responses=responses(problems.ASK_DOCUMENT, status=_NO_CONTENT),
    )
    async def delete_document(document_id: str, request: Request) -> Response:
        """Delete a document with its translation; one that is not finished is not worked on any more."""
        owner = owner_of(services, call_of(request))
        jobs = await services.documents.jobs()
        await jobs.delete(Ticket.parse(document_id), owner)
        return Response(status_code=_NO_CONTENT)

    return router


def _form(upload: Upload) -> DocumentForm:
    lists = {name: list(values) for name, values in upload.fields.items() if name in _LISTS}
    fields: dict[str, Any] = {**upload.single(but=_LISTS), **lists}
    try:
        form = DocumentForm.model_validate(fields)
    except ValidationError as error:
        faults = request_errors(error, DocumentForm)
        raise malformed(tuple(FieldError(("body", *fault.loc), fault.msg) for fault in faults)) from None
    check_keys(fields.get("glossary", "[]"))
    return form
