"""`/v1/summarize`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response

from service.errors import FieldError
from service.http import problems
from service.http.body import read_json
from service.http.errors import malformed
from service.http.limits import (
    as_texts,
    check_generation,
    check_texts,
    effective_timeout_s,
    longest_timeout_s,
)
from service.http.middleware import RequestRecord
from service.http.openapi import json_body, responses
from service.http.requests import SummarizeBody
from service.http.routes.common import event_stream, json_answer, record_texts
from service.http.services import Services
from service.http.sse import encode_event
from service.http.summary_responses import SummarizeAnswer, SummaryChunkAnswer
from service.pipeline.summarization.types import ChunkEvent, SummaryEvent, SummaryRequest
from service.pipeline.types import TokenEvent
from service.streams import closing

_STREAM = {
    "text/event-stream": "With `stream`: events `token`, `segment` (a chunk), `alignment`, `done`, `error`."
}


def summarization_routes(services: Services) -> APIRouter:
    """The route that asks the summarizers."""
    router = APIRouter(prefix="/v1", tags=["text"])

    @router.post(
        "/summarize",
        response_model=SummarizeAnswer,
        responses=responses(problems.SUMMARIZE, _STREAM),
        openapi_extra=json_body(SummarizeBody),
    )
    async def summarize(request: Request) -> Response:
        """Summarize one text or several, of any length."""
        body = await read_json(request, SummarizeBody)
        requests = _summary_requests(body, services)
        record = record_texts(request, [item.text for item in requests], body.model)
        services.readiness.check()
        if body.stream:
            (only,) = requests
            return await event_stream(_events(only, services, record), services, record)
        results = await services.summarizer.summarize_all(requests)
        record.model = results[0].model
        return json_answer(SummarizeAnswer.of(results))

    return router


def _summary_requests(body: SummarizeBody, services: Services) -> list[SummaryRequest]:
    limits = services.settings.limits
    texts = as_texts(body.text)
    if body.stream and len(texts) > 1:
        raise malformed((FieldError(("body", "stream"), "one text at a time can be streamed"),))
    check_generation(body.generation, limits)
    timeout_s = effective_timeout_s(body.timeout_s, limits)
    check_texts(texts, limits)
    params = body.generation.params()
    return [
        SummaryRequest(
            text=text,
            model=body.model,
            length=body.length,
            alignment=body.alignment,
            offset_unit=body.offset_unit,
            params=params,
            timeout_s=timeout_s,
            longest_timeout_s=longest_timeout_s(body.timeout_s, limits),
        )
        for text in texts
    ]


async def _events(request: SummaryRequest, services: Services, record: RequestRecord) -> AsyncIterator[bytes]:
    async with closing(services.summarizer.stream(request)) as stream:
        async for event in stream:
            for part in _encode(event, record):
                yield part


def _encode(event: SummaryEvent, record: RequestRecord) -> list[bytes]:
    if isinstance(event, TokenEvent):
        return [encode_event("token", json.dumps({"text": event.text}, ensure_ascii=False))]
    if isinstance(event, ChunkEvent):
        segment = {
            **SummaryChunkAnswer.model_validate(event.chunk).model_dump(),
            "text": event.text,
            "num_finished": event.num_finished,
            "num_chunks": event.num_chunks,
        }
        return [encode_event("segment", json.dumps(segment, ensure_ascii=False))]
    record.model = event.result.model
    answer = SummarizeAnswer.of([event.result])
    alignment = answer.summaries[0].alignment
    before = [] if alignment is None else [encode_event("alignment", alignment.model_dump_json())]
    return [*before, encode_event("done", answer.model_dump_json())]
