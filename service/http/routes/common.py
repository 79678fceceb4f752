"""What the routes that ask models have in common: counting a request, concurrency, answers, event streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any, TypeVar

from fastapi import Request, Response
from pydantic import BaseModel

from service.errors import ServiceError
from service.http.errors import internal_error, problem_body
from service.http.middleware import RequestRecord, record_of
from service.http.services import Services
from service.http.sse import EventStreamResponse, encode_event
from service.logging import log_defect

Result = TypeVar("Result")


def record_texts(request: Request, texts: Sequence[str], model: str | None) -> RequestRecord:
    """Note for the log and the metrics what the request asks for; the record, for what comes of it."""
    record = record_of(request)
    record.model = model
    record.num_texts = len(texts)
    record.num_characters = sum(map(len, texts))
    return record


async def concurrently(calls: Sequence[Coroutine[Any, Any, Result]]) -> list[Result]:
    """All results in order; the first failure cancels the rest and is raised as itself.

    They begin one after the other, each with a turn of the event loop: those of a large request would hold up
    every other request together.
    """
    if len(calls) == 1:
        return [await calls[0]]
    tasks: list[asyncio.Task[Result]] = []
    try:
        async with asyncio.TaskGroup() as group:
            for call in calls:
                tasks.append(group.create_task(call))
                await asyncio.sleep(0)
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    finally:
        for call in calls[len(tasks) :]:  # one before them failed
            call.close()
    return [task.result() for task in tasks]


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
