"""What the routes that ask models have in common: whole answers, event streams."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Generic

from fastapi import Request, Response
from pydantic import BaseModel

from crosslate.service.http.dialect import call_of, state_of
from crosslate.service.http.errors import event_body
from crosslate.service.http.requests import SummarizeBody, TranslateBody
from crosslate.service.http.services import Services
from crosslate.service.http.sse import EventStreamResponse, encode_event
from crosslate.service.http.writing import json_of
from crosslate.service.pipeline.summarization.types import SummaryAlignment, SummaryResult
from crosslate.service.pipeline.types import AlignmentResult, DoneEvent, TranslationResult
from crosslate.service.serving.serving import Ev, Req, Res, Task


@dataclass(frozen=True, slots=True)
class Printer(Generic[Res, Ev]):
    """How what a task gives is written."""

    answer: Callable[[Sequence[Res]], BaseModel]
    encode: Callable[[Ev], Sequence[bytes]]
    """As server-sent events."""


async def answer_texts(
    request: Request,
    body: TranslateBody | SummarizeBody,
    services: Services,
    task: Task[Req, Res, Ev],
    requests: Sequence[Req],
    *,
    printer: Printer[Res, Ev],
) -> Response:
    """Ask for what the body says, and write it as the body wants it."""
    call = call_of(request, timeout_s=body.timeout_s)
    if not body.stream:
        results = await services.serving.ask(task, requests, call)
        return await large_answer(services, size_of(results), partial(printer.answer, results))

    async def encoded() -> AsyncGenerator[bytes, None]:
        async with aclosing(services.serving.stream(task, requests, call)) as events:
            async for event in events:
                size = size_of([event.result]) if isinstance(event, DoneEvent) else 0
                for part in await services.text_worker.run(size, partial(printer.encode, event)):
                    yield part

    def render_error(error: Exception) -> bytes:
        said = state_of(request.scope).told(error, services.logger)
        return encoded_as("error", event_body(said, call.record.request_id))

    return await EventStreamResponse.start(
        encoded(), keepalive_s=services.settings.keepalive_s, render_error=render_error
    )


def size_of(results: Sequence[TranslationResult | SummaryResult]) -> int:
    """What the time to write them is in proportion to: characters, or values of matrices."""
    alignments = [result.alignment for result in results if result.alignment is not None]
    return sum(result.num_characters for result in results) + sum(map(num_values_of, alignments))


def num_values_of(alignment: AlignmentResult | SummaryAlignment | None) -> int:
    """Of the matrix, if there is one."""
    words = alignment.words if isinstance(alignment, SummaryAlignment) else alignment
    return 0 if words is None or words.matrix is None else words.matrix.size


async def large_answer(services: Services, size: int, make: Callable[[], object]) -> Response:
    """As `application/json`; what is large is made and written beside the event loop."""
    content = await services.text_worker.run(size, lambda: json_of(make()))
    return Response(content, media_type="application/json")


def json_answer(answer: BaseModel) -> Response:
    """As `application/json`, of what is never large."""
    return Response(json_of(answer), media_type="application/json")


def encoded_as(name: str, data: Mapping[str, object]) -> bytes:
    """One event."""
    return encode_event(name, json.dumps(data, ensure_ascii=False).encode())


def encoded_end(answer: BaseModel, alignment: BaseModel | None) -> list[bytes]:
    """The last events: the alignment, if there is one, and the whole answer."""
    before = [] if alignment is None else [encode_event("alignment", json_of(alignment))]
    return [*before, encode_event("done", json_of(answer))]
