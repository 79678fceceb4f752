"""`/v1/summarize`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from crosslate.service.http import problems
from crosslate.service.http.body import read_json
from crosslate.service.http.event_answers import OF_SUMMARIES
from crosslate.service.http.openapi import json_body, operation_id, responses
from crosslate.service.http.requests import SummarizeBody, as_texts
from crosslate.service.http.routes.common import Printer, answer_texts, encoded_as, encoded_end
from crosslate.service.http.routing import PlainRoute
from crosslate.service.http.services import Services
from crosslate.service.http.summary_responses import SummarizeAnswer, SummaryChunkAnswer
from crosslate.service.pipeline.summarization.types import ChunkEvent, SummaryEvent, SummaryRequest
from crosslate.service.pipeline.types import TokenEvent


def summarization_routes(services: Services) -> APIRouter:
    """The route that asks the summarizers."""
    router = APIRouter(
        prefix="/v1", tags=["text"], route_class=PlainRoute, generate_unique_id_function=operation_id
    )

    @router.post(
        "/summarize",
        response_model=SummarizeAnswer,
        responses=responses(problems.SUMMARIZE, events=OF_SUMMARIES),
        openapi_extra=json_body(SummarizeBody),
    )
    async def summarize(request: Request) -> Response:
        """Summarize one text or several, of any length."""
        body = await read_json(request, SummarizeBody)
        services.serving.check_count(len(as_texts(body.text)))
        return await answer_texts(
            request, body, services, services.serving.summarization, _requests(body), printer=_PRINTER
        )

    return router


def _requests(body: SummarizeBody) -> list[SummaryRequest]:
    params = body.generation.params()
    return [
        SummaryRequest(
            text=text,
            text_format=body.format,
            model=body.model,
            length=body.length,
            query=body.query,
            style=body.style,
            alignment=body.alignment,
            offset_unit=body.offset_unit,
            params=params,
        )
        for text in as_texts(body.text)
    ]


def _encode(event: SummaryEvent) -> list[bytes]:
    match event:
        case TokenEvent():
            return [encoded_as("token", {"text": event.text})]
        case ChunkEvent():
            segment = {
                **SummaryChunkAnswer.model_validate(event.chunk).model_dump(),
                "text": event.text,
                "num_finished": event.num_finished,
                "num_chunks": event.num_chunks,
            }
            return [encoded_as("segment", segment)]
    answer = SummarizeAnswer.of([event.result])
    return encoded_end(answer, answer.summaries[0].alignment)


_PRINTER = Printer(SummarizeAnswer.of, _encode)
