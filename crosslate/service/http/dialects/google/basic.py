"""Google's version 2, "Basic": `/language/translate/v2`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import JSONResponse, Response

from crosslate.service.http.dialect import Fields, call_of
from crosslate.service.http.dialects.google.asking import Translated, Wanted, translated
from crosslate.service.http.dialects.google.languages import GoogleLanguages
from crosslate.service.http.dialects.google.models import model_of
from crosslate.service.http.dialects.notes import warning_header, without_effect
from crosslate.service.http.dialects.reading import LenientFields, parsed, read_fields
from crosslate.service.http.requests import Texts, as_texts
from crosslate.service.http.services import Services

PATH = "/language/translate/v2"
_LISTS = frozenset({"q"})
_OF_EVERY_REQUEST = frozenset(
    {"key", "access_token", "oauth_token", "alt", "prettyPrint", "quotaUser", "userIp", "uploadType"}
)
"""What any of Google's APIs takes, and has no effect on what is said."""


class TranslateFields(LenientFields):
    """`/language/translate/v2`."""

    q: Texts
    target: Annotated[str, Field(min_length=1)]
    source: str = ""
    """Empty: detected."""
    format: Literal["html", "text"] = "html"
    model: str = ""

    def wanted(self, model: str | None) -> Wanted:
        """With the id of a served model."""
        return Wanted(
            texts=as_texts(self.q),
            source=self.source,
            target=self.target,
            text_format=self.format,
            model=model,
        )


class DetectFields(LenientFields):
    """`/language/translate/v2/detect`."""

    q: Texts


class LanguageFields(LenientFields):
    """`/language/translate/v2/languages`."""

    target: str = ""
    """Empty: no names are told."""
    model: str = ""


def basic_routes(services: Services) -> APIRouter:
    """All of them, each by GET and POST: long requests are sent by POST, with the GET that they stand for."""
    router = APIRouter()
    languages = GoogleLanguages(services)
    operations = {"": _translate, "/detect": _detect, "/languages": _list}
    for path, answer in operations.items():
        ask = _asking(partial(answer, services, languages))
        router.add_api_route(PATH + path, ask, methods=["GET"])
        router.add_api_route(PATH + path, ask, methods=["POST"])
    return router


def _asking(answer: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    async def ask(request: Request) -> Response:
        return await answer(request)

    return ask


async def _translate(services: Services, languages: GoogleLanguages, request: Request) -> Response:
    fields = await _read(request)
    call = call_of(request, fields=fields)
    asked = parsed(fields, TranslateFields)
    model, idle = model_of(asked.model)
    services.serving.check_count(len(as_texts(asked.q)))
    results = await translated(services, asked.wanted(model).requests(languages), languages, call)
    notes = [*_notes(fields, TranslateFields, idle), *(note for one in results for note in one.notes)]
    return _answer({"translations": [_translation(one, asked) for one in results]}, notes)


async def _detect(services: Services, languages: GoogleLanguages, request: Request) -> Response:
    fields = await _read(request)
    call = call_of(request, fields=fields)
    found = await services.serving.detect(as_texts(parsed(fields, DetectFields).q), call)
    detections = [
        [{"confidence": one.confidence, "isReliable": False, "language": languages.code(one.lang)}]
        for one in found
    ]
    return _answer({"detections": detections}, _notes(fields, DetectFields))


async def _list(services: Services, languages: GoogleLanguages, request: Request) -> Response:
    fields = await _read(request)
    services.serving.identify(call_of(request, fields=fields))
    asked = parsed(fields, LanguageFields)
    _, idle = model_of(asked.model)
    if asked.target:
        named = languages.named(asked.target, "target")
        listed = [{"language": language.code, "name": name} for language, name in named]
    else:
        listed = [{"language": language.code} for language in languages.all]
    return _answer({"languages": listed}, _notes(fields, LanguageFields, idle))


async def _read(request: Request) -> Fields:
    """Of the body, a form or JSON, and of the query; what is empty is as good as not there."""
    fields = await read_fields(request, lists=_LISTS)
    return {name: value for name, value in fields.items() if name == "q" or value not in ("", [], None)}


def _notes(fields: Fields, known: type[LenientFields], idle: Sequence[str] = ()) -> list[str]:
    unknown = fields.keys() - known.model_fields.keys() - _OF_EVERY_REQUEST
    return without_effect([*sorted(name for name in unknown if not name.startswith("$")), *idle])


def _translation(one: Translated, asked: TranslateFields) -> dict[str, Any]:
    answer: dict[str, Any] = {"translatedText": one.text}
    if one.detected is not None:
        answer["detectedSourceLanguage"] = one.detected
    if asked.model:
        answer["model"] = asked.model
    return {**answer, "warnings": one.warnings} if one.warnings else answer


def _answer(data: Mapping[str, Any], notes: Sequence[str]) -> Response:
    return JSONResponse({"data": data}, headers=warning_header(notes))
