"""DeepLX: one path, one text. It is what most programs ask that let their users name an address.

They send JSON under any content type, and with what Go's decoder leaves unread after it; see
`first_json_value`.
"""

from __future__ import annotations

import zlib
from typing import Literal

from fastapi import APIRouter, Request
from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialect import Dialect, Fields, call_of, key_in, key_of_scheme, state_of
from crosslate.service.http.dialects.codes import LanguageCodes
from crosslate.service.http.dialects.notes import SAME_LANGUAGE
from crosslate.service.http.dialects.paths import Claim
from crosslate.service.http.dialects.reading import LenientFields, parsed, read_fields
from crosslate.service.http.errors import retry_headers
from crosslate.service.http.services import Services
from crosslate.service.pipeline.markup.options import MarkupOptions
from crosslate.service.pipeline.notices import messages
from crosslate.service.pipeline.types import TranslationRequest
from crosslate.service.serving import Call

_PATH = "/translate"


class DeeplxFields(LenientFields):
    """`POST /translate`."""

    text: str
    target_lang: str
    source_lang: str = ""
    """Empty or `auto`: detected."""
    tag_handling: Literal["", "html", "xml"] = ""


def _routes(services: Services) -> APIRouter:
    router = APIRouter()
    codes = LanguageCodes.of(services)

    async def translated(asked: TranslationRequest, call: Call) -> tuple[str, str, list[str]]:
        """The text, its source language, and what to say of it."""
        try:
            (result,) = await services.serving.ask(services.serving.translation, [asked], call)
        except ServiceError as error:
            if error.code != "same_language":
                raise
            return asked.text, asked.source_lang or "", [SAME_LANGUAGE] if asked.text.strip() else []
        return result.text, result.source_lang, messages(result.warnings)

    @router.post(_PATH)
    async def translate(request: Request) -> Response:
        fields = await read_fields(request)
        wanted, call = parsed(fields, DeeplxFields), call_of(request, fields=fields)
        asked = TranslationRequest(
            text=wanted.text,
            text_format=wanted.tag_handling or "text",
            markup=MarkupOptions(is_lenient=True),
            target_lang=codes.target(wanted.target_lang),
            source_lang=codes.source(wanted.source_lang),
        )
        data, source_lang, warnings = await translated(asked, call)
        answer = {
            "code": 200,
            "id": zlib.crc32(state_of(request.scope).record.request_id.encode()),
            "data": data,
            # Subtitle Edit shows the first of these, whatever `data` is, and fails where there is none.
            "alternatives": [data],
            "source_lang": wanted.source_lang or source_lang.upper(),
            "target_lang": wanted.target_lang,
            "method": "Free",
        }
        if warnings:
            answer["warnings"] = warnings
        return JSONResponse(answer)

    return router


def _render_error(error: ServiceError, request_id: str) -> Response:
    status = 400 if error.status == 422 else error.status
    return JSONResponse({"code": status, "message": error.detail}, status, retry_headers(error))


def _read_key(headers: Headers, fields: Fields) -> str | None:
    """As DeepLX has it: in the header in either of two forms, or in the query."""
    return key_of_scheme(headers, "bearer", "deepl-auth-key") or key_in(fields, "token")


DEEPLX = Dialect(
    name="deeplx",
    routes=_routes,
    render_error=_render_error,
    read_key=_read_key,
    claim=Claim(paths=frozenset({_PATH})),
    tells=lambda fields: "text" in fields or "target_lang" in fields,
)
