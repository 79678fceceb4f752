"""The APIs of two servers of NLLB: nllb-serve, a list at `/translate`; nllb-api, a text at `/translator`."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialect import Dialect, call_of
from crosslate.service.http.dialects.codes import LanguageCodes
from crosslate.service.http.dialects.paths import Claim
from crosslate.service.http.dialects.reading import LenientFields, parsed, read_fields
from crosslate.service.http.errors import retry_headers
from crosslate.service.http.native import bearer_key
from crosslate.service.http.requests import Texts, as_texts
from crosslate.service.http.services import Services
from crosslate.service.pipeline.types import TranslationRequest
from crosslate.service.serving.serving import Call

_SERVE_PATH = "/translate"
_API_PATHS = ("/translator", "/api/v4/translator")
"""The first with the address that Subtitle Edit is given, the second appended by Zotero's plugin."""
_STREAM = "/stream"
_LINE_END = re.compile(r"\r\n|\r|\n")
"""Of an event stream."""


class ServeFields(LenientFields):
    """nllb-serve's `POST /translate`."""

    source: Texts
    tgt_lang: str
    src_lang: str | None = None


class ApiFields(LenientFields):
    """nllb-api's `GET` and `POST /translator`."""

    text: str
    target: str
    source: str | None = None


def _serve_routes(services: Services) -> APIRouter:
    router = APIRouter()
    codes = LanguageCodes.of(services)

    @router.post(_SERVE_PATH)
    async def translate(request: Request) -> Response:
        started = time.perf_counter()
        wanted = parsed(await read_fields(request, lists={"source"}), ServeFields)
        texts = as_texts(wanted.source)
        services.serving.check_count(len(texts))
        requests = _requests(texts, wanted.src_lang, wanted.tgt_lang, codes)
        answer = {
            "source": texts,
            "translation": await _translated(services, requests, call_of(request)),
            "src_lang": wanted.src_lang,
            "tgt_lang": wanted.tgt_lang,
            "time_taken": round(time.perf_counter() - started, 3),
            "time_units": "s",
        }
        return JSONResponse(answer)

    return router


def _api_routes(services: Services) -> APIRouter:
    router = APIRouter()
    codes = LanguageCodes.of(services)

    async def translated(request: Request) -> str:
        wanted = parsed(await read_fields(request), ApiFields)
        requests = _requests([wanted.text], wanted.source, wanted.target, codes)
        (text,) = await _translated(services, requests, call_of(request))
        return text

    for path in _API_PATHS:

        @router.get(path)
        @router.post(path)
        async def translate(request: Request) -> Response:
            return JSONResponse({"result": await translated(request)})

        @router.get(path + _STREAM)
        async def stream(request: Request) -> Response:
            # One event: the caller that there is joins events without the blanks at their ends.
            lines = _LINE_END.split(await translated(request))
            events = "".join(f"data: {line}\n" for line in lines)
            return Response(f"{events}\n", media_type="text/event-stream")

    return router


async def _translated(services: Services, requests: Sequence[TranslationRequest], call: Call) -> list[str]:
    """The texts; as they are where source and target are the same language."""
    try:
        results = await services.serving.ask(services.serving.translation, requests, call)
    except ServiceError as error:
        if error.code != "same_language":
            raise
        return [request.text for request in requests]
    return [result.text for result in results]


def _requests(
    texts: Sequence[str], source: str | None, target: str, codes: LanguageCodes
) -> list[TranslationRequest]:
    source_lang, target_lang = codes.source(source), codes.target(target)
    return [TranslationRequest(text=text, target_lang=target_lang, source_lang=source_lang) for text in texts]


def _render_serve_error(error: ServiceError, request_id: str) -> Response:
    """nllb-serve has no form of its own: it answers with a line, or a page."""
    status = 400 if error.status == 422 else error.status
    return JSONResponse({"error": error.detail}, status, retry_headers(error))


def _render_api_error(error: ServiceError, request_id: str) -> Response:
    """As Litestar, on which nllb-api is built, has it."""
    status = 400 if error.status == 422 else error.status
    content = {"status_code": status, "detail": error.detail}
    return JSONResponse(content, status, retry_headers(error))


# Neither of the two knows keys: they are read where they usually are.

NLLB_SERVE = Dialect(
    name="nllb-serve",
    routes=_serve_routes,
    render_error=_render_serve_error,
    read_key=bearer_key,
    claim=Claim(paths=frozenset({_SERVE_PATH})),
    tells=lambda fields: "tgt_lang" in fields,
)
NLLB_API = Dialect(
    name="nllb-api",
    routes=_api_routes,
    render_error=_render_api_error,
    read_key=bearer_key,
    claim=Claim(paths=frozenset({*_API_PATHS, *(path + _STREAM for path in _API_PATHS)})),
)
