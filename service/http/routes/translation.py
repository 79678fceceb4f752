"""`/v1/translate`, `/v1/align`, `/v1/detect`."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request, Response

from service.errors import FieldError, ServiceError
from service.http import problems
from service.http.body import read_json
from service.http.errors import malformed, with_headers
from service.http.limits import (
    as_texts,
    check_generation,
    check_texts,
    effective_timeout_s,
    longest_timeout_s,
)
from service.http.middleware import RequestRecord
from service.http.negotiation import wanted_image
from service.http.openapi import json_body, responses
from service.http.requests import AlignBody, DetectBody, TranslateBody
from service.http.responses import (
    AlignAnswer,
    DetectAnswer,
    SegmentAnswer,
    TranslateAnswer,
)
from service.http.routes.common import event_stream, json_answer, record_texts
from service.http.services import Services
from service.http.sse import encode_event
from service.pipeline.types import (
    AlignRequest,
    SegmentEvent,
    StreamEvent,
    TokenEvent,
    TranslationRequest,
)
from service.streams import closing

_STREAM = {"text/event-stream": "With `stream`: events `token`, `segment`, `alignment`, `done`, `error`."}
_IMAGES = {"image/svg+xml": "The picture.", "image/png": "The picture."}
_VARY = {"Vary": "Accept"}


def translation_routes(services: Services) -> APIRouter:
    """Routes that ask the models."""
    router = APIRouter(prefix="/v1", tags=["text"])

    @router.post(
        "/translate",
        response_model=TranslateAnswer,
        responses=responses(problems.TRANSLATE, _STREAM),
        openapi_extra=json_body(TranslateBody),
    )
    async def translate(request: Request) -> Response:
        """Translate one text or several."""
        body = await read_json(request, TranslateBody)
        requests = _translation_requests(body, services)
        record = record_texts(request, [item.text for item in requests], body.model)
        services.readiness.check()
        if body.stream:
            (only,) = requests
            return await event_stream(_events(only, services, record), services, record)
        results = await services.translator.translate_all(requests)
        record.model = results[0].model
        return json_answer(TranslateAnswer.of(results))

    @router.post(
        "/align",
        response_model=AlignAnswer,
        responses=responses(problems.ALIGN, _IMAGES),
        openapi_extra=json_body(AlignBody),
    )
    async def align(request: Request) -> Response:
        """Say which words of a text and of its translation belong together; as JSON, SVG or PNG."""
        body = await read_json(request, AlignBody)
        texts = [body.source, body.target]
        check_texts(texts, services.settings.limits)
        record = record_texts(request, texts, body.model)
        services.readiness.check()
        image = wanted_image(request.headers.get("accept", ""))
        timeout_s = effective_timeout_s(body.timeout_s, services.settings.limits)
        wanted = _align_request(body, timeout_s, is_drawn=image is not None)
        started = time.monotonic()
        model, result = await services.translator.align(wanted)
        record.model = model
        if image is None:
            return with_headers(json_answer(AlignAnswer.of(model, result)), _VARY)
        left_s = max(0.0, started + timeout_s - time.monotonic())
        picture = await services.draw_alignment(result, body.source, body.target, image.format, left_s)
        return Response(picture, media_type=image.media_type, headers=_VARY)

    @router.post(
        "/detect",
        response_model=DetectAnswer,
        responses=responses(problems.DETECT),
        openapi_extra=json_body(DetectBody),
    )
    async def detect(request: Request) -> Response:
        """Name the language of each text, among those that are served."""
        body = await read_json(request, DetectBody)
        texts = as_texts(body.text)
        check_texts(texts, services.settings.limits)
        record_texts(request, texts, None)
        services.readiness.check()
        detections = [await services.translator.detect(text) for text in texts]
        return json_answer(DetectAnswer.model_validate({"detections": detections}))

    return router


def _translation_requests(body: TranslateBody, services: Services) -> list[TranslationRequest]:
    limits = services.settings.limits
    texts = as_texts(body.text)
    _check_supported(body)
    if body.stream and len(texts) > 1:
        raise malformed((FieldError(("body", "stream"), "one text at a time can be streamed"),))
    check_generation(body.generation, limits, num_alternatives=body.num_alternatives)
    timeout_s = effective_timeout_s(body.timeout_s, limits)
    check_texts(texts, limits)
    params = body.generation.params()
    return [
        TranslationRequest(
            text=text,
            target_lang=body.target_lang,
            source_lang=body.source_lang,
            model=body.model,
            split_sentences=body.split_sentences,
            truncation=body.truncation,
            alignment=body.alignment,
            offset_unit=body.offset_unit,
            num_alternatives=body.num_alternatives,
            params=params,
            timeout_s=timeout_s,
            longest_timeout_s=longest_timeout_s(body.timeout_s, limits),
        )
        for text in texts
    ]


def _check_supported(body: TranslateBody) -> None:
    if body.format != "text":
        raise _not_supported(f"format {body.format!r} is not supported yet: send plain text")
    if body.glossary:
        raise _not_supported("a glossary is not supported yet: leave it out")


def _not_supported(detail: str) -> ServiceError:
    return ServiceError(400, "not_supported_yet", "Not supported yet", detail)


def _align_request(body: AlignBody, timeout_s: float, *, is_drawn: bool) -> AlignRequest:
    return AlignRequest(
        source=body.source,
        target=body.target,
        source_lang=body.source_lang,
        target_lang=body.target_lang,
        model=body.model,
        alignment=body.alignment,
        offset_unit=body.offset_unit,
        timeout_s=timeout_s,
        is_drawn=is_drawn,
    )


async def _events(
    request: TranslationRequest, services: Services, record: RequestRecord
) -> AsyncIterator[bytes]:
    async with closing(services.translator.stream(request)) as stream:
        async for event in stream:
            for chunk in _encode(event, record):
                yield chunk


def _encode(event: StreamEvent, record: RequestRecord) -> list[bytes]:
    if isinstance(event, TokenEvent):
        return [encode_event("token", json.dumps({"text": event.text}, ensure_ascii=False))]
    if isinstance(event, SegmentEvent):
        segment = SegmentAnswer.model_validate(event.segment).model_dump()
        return [encode_event("segment", json.dumps({**segment, "text": event.text}, ensure_ascii=False))]
    record.model = event.result.model
    answer = TranslateAnswer.of([event.result])
    alignment = answer.translations[0].alignment
    before = [] if alignment is None else [encode_event("alignment", alignment.model_dump_json())]
    return [*before, encode_event("done", answer.model_dump_json())]
