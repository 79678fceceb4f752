"""DeepLX: one path, one text. It is what most programs ask that let their users name an address.

They send JSON under any content type, and with what Go's decoder leaves unread after it; see
`first_json_value`.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field
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
from crosslate.service.serving.serving import Call

_PATH, _LIST = "/translate", "text_list"


class DeeplxFields(LenientFields):
    """`POST /translate`."""

    text: str
    target_lang: str
    source_lang: str = ""
    """Empty or `auto`: detected."""
    tag_handling: Literal["", "html", "xml"] = ""


class ListFields(LenientFields):
    """The same with several texts, as Immersive Translate has it ("Custom API")."""

    text_list: Annotated[list[str], Field(min_length=1)]
    target_lang: str
    source_lang: str = ""


@dataclass(frozen=True, slots=True)
class _Translated:
    text: str
    source_lang: str
    warnings: Sequence[str]


def _routes(services: Services) -> APIRouter:
    router = APIRouter()
    codes = LanguageCodes.of(services)

    async def translated(asked: Sequence[TranslationRequest], call: Call) -> list[_Translated]:
        try:
            results = await services.serving.ask(services.serving.translation, asked, call)
        except ServiceError as error:
            if error.code != "same_language":
                raise
            return [_untouched(one) for one in asked]
        return [_Translated(one.text, one.source_lang, messages(one.warnings)) for one in results]

    async def translate_list(wanted: ListFields, call: Call) -> Response:
        target, source = codes.target(wanted.target_lang), codes.source(wanted.source_lang)
        services.serving.check_count(len(wanted.text_list))
        asked = [
            TranslationRequest(text=text, target_lang=target, source_lang=source) for text in wanted.text_list
        ]
        return JSONResponse({"translations": [_listed(one) for one in await translated(asked, call)]})

    @router.post(_PATH)
    async def translate(request: Request) -> Response:
        fields = await read_fields(request)
        call = call_of(request, fields=fields)
        if _LIST in fields:
            return await translate_list(parsed(fields, ListFields), call)
        wanted = parsed(fields, DeeplxFields)
        asked = TranslationRequest(
            text=wanted.text,
            text_format=wanted.tag_handling or "text",
            markup=MarkupOptions(is_lenient=True),
            target_lang=codes.target(wanted.target_lang),
            source_lang=codes.source(wanted.source_lang),
        )
        (found,) = await translated([asked], call)
        return JSONResponse(_answer(wanted, found, state_of(request.scope).record.request_id))

    return router


def _untouched(asked: TranslationRequest) -> _Translated:
    return _Translated(asked.text, asked.source_lang or "", [SAME_LANGUAGE] if asked.text.strip() else [])


def _answer(wanted: DeeplxFields, found: _Translated, request_id: str) -> dict[str, Any]:
    answer = {
        "code": 200,
        "id": zlib.crc32(request_id.encode()),
        "data": found.text,
        # Subtitle Edit shows the first of these, whatever `data` is, and fails where there is none.
        "alternatives": [found.text],
        "source_lang": wanted.source_lang or found.source_lang.upper(),
        "target_lang": wanted.target_lang,
        "method": "Free",
    }
    return {**answer, "warnings": found.warnings} if found.warnings else answer


def _listed(found: _Translated) -> dict[str, Any]:
    answer = {"detected_source_lang": found.source_lang, "text": found.text}
    return {**answer, "warnings": found.warnings} if found.warnings else answer


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
