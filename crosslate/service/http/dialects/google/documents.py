"""Google's translation of one document by one request: `:translateDocument`."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from crosslate.service.documents.formats.media_types import ENDINGS, ending_of
from crosslate.service.documents.jobs.jobs import DocumentResult, DocumentStatus
from crosslate.service.documents.jobs.request import DocumentRequest
from crosslate.service.documents.jobs.ticket import Ticket
from crosslate.service.errors import FieldError, ServiceError, malformed, not_supported
from crosslate.service.http.dialect import call_of
from crosslate.service.http.dialects.google.fields import DocumentFields
from crosslate.service.http.dialects.google.glossaries import terms_named
from crosslate.service.http.dialects.google.languages import GoogleLanguages
from crosslate.service.http.dialects.google.models import model_of
from crosslate.service.http.dialects.notes import warning_header, without_effect
from crosslate.service.http.dialects.reading import json_object, parsed
from crosslate.service.http.dialects.waiting import wait_for_document
from crosslate.service.http.routes.common import large_answer
from crosslate.service.http.services import Services
from crosslate.service.http.uploads import take_in
from crosslate.service.serving.serving import Call

_NAME = "document"
"""Google's clients send none."""
_PLAIN_ALPHABET = str.maketrans("-_", "+/", "=\r\n")
_Outcome = tuple[DocumentStatus, DocumentResult]


def document_routes(services: Services, languages: GoogleLanguages, location: str) -> APIRouter:
    """A document in, its translation out; nothing of it is kept."""
    router = APIRouter(prefix=location)

    @router.post(":translateDocument")
    async def translate_document(request: Request) -> Response:
        call = call_of(request, fields=request.query_params)
        services.serving.identify(call)  # before the file is read
        content = await request.body()
        asked = parsed(await asyncio.to_thread(json_object, content), DocumentFields)
        _check(asked)
        every = await _wanted(services, languages, call, asked)
        data = await asyncio.to_thread(_decoded, asked)
        outcomes = await _outcomes(services, call, data, every)
        size = sum(len(result.content) for _, result in outcomes)
        answer = await large_answer(services, size, lambda: _answer(asked, outcomes, languages))
        answer.headers.update(warning_header(_notes(asked)))
        return answer

    return router


async def _wanted(
    services: Services, languages: GoogleLanguages, call: Call, asked: DocumentFields
) -> list[DocumentRequest]:
    """What a document is translated by: without the glossary that is named, and with it."""
    model, _ = model_of(asked.model)
    pair = asked.source_language_code, asked.target_language_code
    terms = await terms_named(services, call, asked.glossary_config, pair)
    plain = DocumentRequest(
        name=_NAME + _ending(asked),
        target_lang=languages.codes.target(asked.target_language_code),
        source_lang=languages.codes.source(asked.source_language_code),
        model=model,
    )
    return [plain] if asked.glossary_config is None else [plain, replace(plain, glossary=terms)]


async def _outcomes(
    services: Services, call: Call, data: bytes, every: Sequence[DocumentRequest]
) -> list[_Outcome]:
    """What is told of each translation of a file, and the translation; they are made side by side."""
    jobs, tickets = await services.documents.jobs(), list[Ticket]()
    try:
        for wanted in every:
            ticket, _ = await take_in(services, call, data, wanted)
            tickets.append(ticket)
        return [
            (await wait_for_document(services, ticket), await jobs.result(ticket, await jobs.owner(ticket)))
            for ticket in tickets
        ]
    finally:
        for ticket in tickets:
            with contextlib.suppress(ServiceError):  # what failed may be gone
                await jobs.delete(ticket, await jobs.owner(ticket))


def _answer(
    asked: DocumentFields, outcomes: Sequence[_Outcome], languages: GoogleLanguages
) -> dict[str, Any]:
    names = ("documentTranslation", "glossaryDocumentTranslation")[: len(outcomes)]
    answer: dict[str, Any] = {
        name: _translation(asked, outcome, languages) for name, outcome in zip(names, outcomes, strict=True)
    }
    if asked.model:
        answer["model"] = asked.model
    if asked.glossary_config is not None:
        answer["glossaryConfig"] = asked.glossary_config.sent()
    return answer


def _translation(asked: DocumentFields, outcome: _Outcome, languages: GoogleLanguages) -> dict[str, Any]:
    status, result = outcome
    report = status.report
    members = {
        "byteStreamOutputs": [base64.b64encode(result.content).decode()],
        "mimeType": asked.document_input_config.mime_type,
        "detectedLanguageCode": report.detected and languages.code(report.detected),
        "warnings": [": ".join(filter(None, (one.place, one.message))) for one in report.notices],
    }
    return {name: value for name, value in members.items() if value}


def _check(asked: DocumentFields) -> None:
    """Find out what cannot be had before the file is looked at; raises `ServiceError` 400, 422."""
    given, output = asked.document_input_config, asked.document_output_config
    if given.gcs_source or output.gcs_destination:
        raise not_supported(
            "No storage of Google is read or written: send the document as documentInputConfig.content."
        )
    if output.mime_type and output.mime_type != given.mime_type:
        raise not_supported("A document keeps its format: leave documentOutputConfig.mimeType out.")
    for name, value in (("content", given.content), ("mimeType", given.mime_type)):
        if not value:
            raise malformed((FieldError(("body", "documentInputConfig", name), "is required"),))


def _ending(asked: DocumentFields) -> str:
    ending = ending_of(asked.document_input_config.mime_type)
    if ending is None:
        listed = ", ".join(sorted(ENDINGS))
        raise ServiceError(
            "document_unsupported",
            f"documentInputConfig.mimeType names no document that is translated. These do: {listed}.",
        )
    return ending


def _decoded(asked: DocumentFields) -> bytes:
    """The file, which may be written in the alphabet for addresses, and without the signs at its end."""
    sent = (asked.document_input_config.content or "").translate(_PLAIN_ALPHABET)
    try:
        return base64.b64decode(sent + "=" * (-len(sent) % 4), validate=True)
    except (binascii.Error, ValueError):
        where = ("body", "documentInputConfig", "content")
        raise malformed((FieldError(where, "is not in base64"),)) from None


def _notes(asked: DocumentFields) -> list[str]:
    given, output = asked.document_input_config, asked.document_output_config
    _, idle = model_of(asked.model)
    return [*asked.notes(), *given.notes(), *output.notes(), *without_effect(idle)]
