"""What the routes that ask models have in common: whole answers, event streams."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic

from fastapi import Request, Response
from pydantic import BaseModel

from crosslate.service.http.dialect import call_of, state_of
from crosslate.service.http.errors import event_body
from crosslate.service.http.requests import SummarizeBody, TranslateBody
from crosslate.service.http.services import Services
from crosslate.service.http.sse import EventStreamResponse, encode_event
from crosslate.service.serving import Ev, Req, Res, Task


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
        return json_answer(printer.answer(await services.serving.ask(task, requests, call)))

    async def encoded() -> AsyncGenerator[bytes, None]:
        async with aclosing(services.serving.stream(task, requests, call)) as events:
            async for event in events:
                for part in printer.encode(event):
                    yield part

    def render_error(error: Exception) -> bytes:
        said = state_of(request.scope).told(error, services.logger)
        return encoded_as("error", event_body(said, call.record.request_id))

    return await EventStreamResponse.start(
        encoded(), keepalive_s=services.settings.keepalive_s, render_error=render_error
    )


def json_answer(answer: BaseModel) -> Response:
    """As `application/json`."""
    return Response(answer.model_dump_json(), media_type="application/json")


def encoded_as(name: str, data: Mapping[str, object]) -> bytes:
    """One event."""
    return encode_event(name, json.dumps(data, ensure_ascii=False))


def encoded_end(answer: BaseModel, alignment: BaseModel | None) -> list[bytes]:
    """The last events: the alignment, if there is one, and the whole answer."""
    before = [] if alignment is None else [encode_event("alignment", alignment.model_dump_json())]
    return [*before, encode_event("done", answer.model_dump_json())]
