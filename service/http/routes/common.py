"""What the routes that ask models have in common: counting a request, answers, event streams."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence

from fastapi import Request, Response
from pydantic import BaseModel

from service.errors import ServiceError
from service.http.errors import internal_error, problem_body
from service.http.middleware import RequestRecord, record_of
from service.http.services import Services
from service.http.sse import EventStreamResponse, encode_event
from service.logging import log_defect


def record_texts(request: Request, texts: Sequence[str], model: str | None) -> RequestRecord:
    """Note for the log and the metrics what the request asks for; the record, for what comes of it."""
    record = record_of(request)
    record.model = model
    record.num_texts = len(texts)
    record.num_characters = sum(map(len, texts))
    return record


def json_answer(answer: BaseModel) -> Response:
    """As `application/json`."""
    return Response(answer.model_dump_json(), media_type="application/json")


async def event_stream(
    events: AsyncIterator[bytes], services: Services, record: RequestRecord
) -> EventStreamResponse:
    """Encoded events as a response; a failure becomes its last one, the event `error`."""

    def render_error(error: Exception) -> bytes:
        if not isinstance(error, ServiceError):
            log_defect(services.logger, record.request_id, error)
            error = internal_error()
        record.error_code = error.code
        return encode_event("error", json.dumps(problem_body(error, record.request_id), ensure_ascii=False))

    return await EventStreamResponse.start(
        events, keepalive_s=services.settings.keepalive_s, render_error=render_error
    )
