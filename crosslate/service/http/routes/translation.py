"""`/v1/translate`, `/v1/align`, `/v1/detect`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from crosslate.service.errors import FieldError, malformed
from crosslate.service.http import problems
from crosslate.service.http.body import read_json
from crosslate.service.http.dialect import call_of
from crosslate.service.http.errors import with_headers
from crosslate.service.http.event_answers import OF_TRANSLATION
from crosslate.service.http.glossary_terms import terms_of
from crosslate.service.http.negotiation import wanted_image
from crosslate.service.http.openapi import json_body, operation_id, responses
from crosslate.service.http.requests import AlignBody, DetectBody, TranslateBody, as_texts
from crosslate.service.http.responses import AlignAnswer, DetectAnswer, SegmentAnswer, TranslateAnswer
from crosslate.service.http.routes.common import (
    Printer,
    answer_texts,
    encoded_as,
    encoded_end,
    json_answer,
    large_answer,
    num_values_of,
)
from crosslate.service.http.routing import PlainRoute
from crosslate.service.http.services import Services
from crosslate.service.pipeline.glossary.terms import GlossaryEntry
from crosslate.service.pipeline.markup.attributes import USUAL_ATTRIBUTES
from crosslate.service.pipeline.markup.options import NO_OPTIONS, MarkupOptions
from crosslate.service.pipeline.types import (
    AlignRequest,
    SegmentEvent,
    StreamEvent,
    TokenEvent,
    TranslationRequest,
)

_IMAGES = {"image/svg+xml": "The picture.", "image/png": "The picture."}
_VARY = {"Vary": "Accept"}
_MARKUP_FIELDS = ("ignore_tags", "splitting_tags", "non_splitting_tags", "translate_attributes")


def translation_routes(services: Services) -> APIRouter:
    """Routes that ask the models."""
    router = APIRouter(
        prefix="/v1", tags=["text"], route_class=PlainRoute, generate_unique_id_function=operation_id
    )

    @router.post(
        "/translate",
        response_model=TranslateAnswer,
        responses=responses(problems.TRANSLATE, events=OF_TRANSLATION),
        openapi_extra=json_body(TranslateBody),
    )
    async def translate(request: Request) -> Response:
        """Translate one text or several."""
        body = await read_json(request, TranslateBody)
        services.serving.check_count(len(as_texts(body.text)))
        return await answer_texts(
            request,
            body,
            services,
            services.serving.translation,
            _requests(body, await _glossary(body, request, services)),
            printer=_PRINTER,
        )

    @router.post(
        "/align",
        response_model=AlignAnswer,
        responses=responses(problems.ALIGN, _IMAGES, headers=["Vary"]),
        openapi_extra=json_body(AlignBody),
    )
    async def align(request: Request) -> Response:
        """Say which words of a text and of its translation belong together; as JSON, SVG or PNG."""
        body = await read_json(request, AlignBody)
        wanted, call = (
            AlignRequest(**body.model_dump(exclude={"timeout_s"})),
            call_of(request, timeout_s=body.timeout_s),
        )
        image = wanted_image(request.headers.get("accept", ""))
        if image is None:
            found = await services.serving.align(wanted, call)
            size = len(wanted.source) + len(wanted.target) + num_values_of(found[1])
            return with_headers(await large_answer(services, size, lambda: AlignAnswer.of(*found)), _VARY)
        picture = await services.serving.draw(wanted, image.format, call)
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
        detections = await services.serving.detect(as_texts(body.text), call_of(request))
        return json_answer(DetectAnswer.model_validate({"detections": detections}))

    return router


async def _glossary(body: TranslateBody, request: Request, services: Services) -> tuple[GlossaryEntry, ...]:
    if not body.glossary and body.glossary_id is None:
        return ()
    given = [GlossaryEntry(entry.source, entry.target) for entry in body.glossary]
    stored = [] if body.glossary_id is None else [body.glossary_id]
    return await terms_of(services, call_of(request), given, stored, (body.source_lang, body.target_lang))


def _requests(body: TranslateBody, glossary: tuple[GlossaryEntry, ...]) -> list[TranslationRequest]:
    if body.hard_links is not None and body.alignment == "none":
        raise malformed((FieldError(("body", "hard_links"), "needs an alignment: links, for one"),))
    params, markup = body.generation.params(), _markup(body)
    return [
        TranslationRequest(
            text=text,
            target_lang=body.target_lang,
            source_lang=body.source_lang,
            model=body.model,
            text_format=body.format,
            markup=markup,
            protect=tuple(body.protect),
            line_breaks=body.line_breaks,
            split_sentences=body.split_sentences,
            truncation=body.truncation,
            alignment=body.alignment,
            hard_links=body.hard_links,
            offset_unit=body.offset_unit,
            num_alternatives=body.num_alternatives,
            glossary=glossary,
            params=params,
        )
        for text in as_texts(body.text)
    ]


def _markup(body: TranslateBody) -> MarkupOptions:
    if body.model_fields_set.isdisjoint(_MARKUP_FIELDS):
        return NO_OPTIONS
    return MarkupOptions(
        ignored=frozenset(body.ignore_tags),
        splitting=frozenset(body.splitting_tags),
        non_splitting=frozenset(body.non_splitting_tags),
        attributes=_attributes(body.translate_attributes),
    )


def _attributes(asked: bool | list[str]) -> frozenset[str]:
    if isinstance(asked, bool):
        return USUAL_ATTRIBUTES if asked else frozenset()
    return frozenset(asked)


def _encode(event: StreamEvent) -> list[bytes]:
    match event:
        case TokenEvent():
            return [encoded_as("token", {"text": event.text})]
        case SegmentEvent():
            segment = SegmentAnswer.model_validate(event.segment).model_dump()
            return [encoded_as("segment", {**segment, "text": event.text})]
    answer = TranslateAnswer.of([event.result])
    return encoded_end(answer, answer.translations[0].alignment)


_PRINTER = Printer(TranslateAnswer.of, _encode)
