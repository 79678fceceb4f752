"""The Hugging Face inference API for translation and summarization: a model's address takes `inputs`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from crosslate.service.errors import ServiceError, unknown_model
from crosslate.service.http.dialect import Dialect, call_of
from crosslate.service.http.dialects.codes import LanguageCodes
from crosslate.service.http.dialects.hugging_face.fields import (
    HubFields,
    SummaryParameters,
    TranslationParameters,
    names_sent,
)
from crosslate.service.http.dialects.paths import Claim
from crosslate.service.http.dialects.reading import parsed, read_fields
from crosslate.service.http.errors import retry_headers
from crosslate.service.http.native import bearer_key
from crosslate.service.http.requests import as_texts
from crosslate.service.http.responses import AlignmentAnswer, Answer
from crosslate.service.http.routes.common import large_answer, size_of
from crosslate.service.http.services import Services
from crosslate.service.http.summary_responses import SummaryAlignmentAnswer
from crosslate.service.pipeline.notices import messages
from crosslate.service.pipeline.summarization.types import SummaryResult
from crosslate.service.pipeline.types import TranslationResult

_PREFIXES = ("/hf/", "/models/")
_HEALTH = "/health"
"""Below a model's address, which says the same, as at an endpoint of Hugging Face's own."""
_ESTIMATED_S = 20.0
"""Until a model is loaded, where nothing is known."""
HELD_BACK_S = 1.0
"""The client for JavaScript sends a request that met a 503 again at once, and does not stop."""


def _routes(services: Services) -> APIRouter:
    router = APIRouter()
    summarizers = {model.id for model in services.models if model.task == "summarization"}
    languages = {model.id: LanguageCodes(model.pairs) for model in services.models}

    def check(model: str, request: Request) -> None:
        """Pass if it is served; a path below a model is none, whatever is sent to it."""
        if model not in languages:
            services.serving.identify(call_of(request), model)
            raise unknown_model(languages)

    for prefix in _PREFIXES:

        @router.post(prefix + "{model:path}")
        async def ask(request: Request, model: str) -> Response:
            check(model, request)
            wanted = parsed(await read_fields(request), HubFields)
            services.serving.check_count(len(as_texts(wanted.inputs)))
            if model in summarizers:
                return await _summaries(request, services, model, wanted)
            return await _translations(request, services, model, wanted, codes=languages[model])

        @router.get(prefix + "{model:path}")
        @router.get(prefix + "{model:path}" + _HEALTH)  # the first that is looked at
        async def health(request: Request, model: str) -> Response:
            check(model, request)
            services.readiness.check_probe()
            return PlainTextResponse("OK")

    return router


async def _translations(
    request: Request, services: Services, model: str, wanted: HubFields, *, codes: LanguageCodes
) -> Response:
    requests = TranslationParameters.of(wanted.parameters).requests(model, as_texts(wanted.inputs), codes)
    with _told_as_sent(wanted):
        results = await services.serving.ask(services.serving.translation, requests, call_of(request))
    return await large_answer(services, size_of(results), lambda: [*map(_translation, results)])


async def _summaries(request: Request, services: Services, model: str, wanted: HubFields) -> Response:
    requests = SummaryParameters.of(wanted.parameters).requests(model, as_texts(wanted.inputs))
    with _told_as_sent(wanted):
        results = await services.serving.ask(services.serving.summarization, requests, call_of(request))
    return await large_answer(services, size_of(results), lambda: [*map(_summary, results)])


@contextmanager
def _told_as_sent(wanted: HubFields) -> Iterator[None]:
    """A refusal names parameters as they were sent: some have two places, and lengths two names."""
    try:
        yield
    except ServiceError as error:
        raise error.with_names(names_sent(wanted.parameters)) from error


def _translation(result: TranslationResult) -> dict[str, Any]:
    return {"translation_text": result.text, **_besides(result, AlignmentAnswer)}


def _summary(result: SummaryResult) -> dict[str, Any]:
    return {"summary_text": result.text, **_besides(result, SummaryAlignmentAnswer)}


def _besides(result: TranslationResult | SummaryResult, alignment: type[Answer]) -> Mapping[str, object]:
    """Where there is any: the clients hand on what they do not know."""
    aligned = result.alignment and alignment.model_validate(result.alignment)
    members = {"alignment": aligned, "warnings": messages(result.warnings)}
    return {name: value for name, value in members.items() if value}


class _HeldBack(JSONResponse):
    """An answer that does not come at once."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(HELD_BACK_S)
        await super().__call__(scope, receive, send)


def _render_error(error: ServiceError, request_id: str) -> Response:
    content: dict[str, Any] = {"error": error.detail, "error_type": error.code}
    if error.status != 503:
        return JSONResponse(content, error.status, retry_headers(error))
    content["estimated_time"] = _ESTIMATED_S if error.retry_after_s is None else float(error.retry_after_s)
    return _HeldBack(content, error.status, retry_headers(error))


HUGGING_FACE = Dialect(
    name="hugging-face",
    routes=_routes,
    render_error=_render_error,
    read_key=bearer_key,
    claim=Claim(prefixes=_PREFIXES),
)
