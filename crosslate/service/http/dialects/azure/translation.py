"""Azure's `/translate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse, Response

from crosslate.service.http.dialect import call_of
from crosslate.service.http.dialects.azure.asking import detected, metered, results_of
from crosslate.service.http.dialects.azure.dictionary import MarkedText
from crosslate.service.http.dialects.azure.errors import RefusalError
from crosslate.service.http.dialects.azure.fields import (
    NEWER,
    VERSION,
    check_category,
    one_of,
    read_texts,
    truth,
    version_of,
)
from crosslate.service.http.dialects.azure.inputs import translate_inputs
from crosslate.service.http.dialects.azure.languages import AzureLanguages
from crosslate.service.http.dialects.azure.positions import length, lengths, projection
from crosslate.service.http.dialects.notes import SAME_LANGUAGE, variety_note, warning_header, without_effect
from crosslate.service.http.services import Services
from crosslate.service.pipeline.notices import messages
from crosslate.service.pipeline.types import TranslationRequest, TranslationResult

PARAMETERS = frozenset(
    {
        "api-version",
        "from",
        "to",
        "textType",
        "includeAlignment",
        "includeSentenceLength",
        "category",
        "profanityAction",
        "allowFallback",
        "fromScript",
        "toScript",
    }
)
"""Of the query. Whatever else it has is without effect, and said to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the query asks for."""

    source: str | None
    """None: to be detected."""
    targets: Sequence[tuple[str, str]]
    """As the client wrote them, and as the pipeline takes them."""
    is_html: bool
    has_alignment: bool
    has_lengths: bool
    notes: Sequence[str]

    @classmethod
    def read(cls, query: QueryParams, languages: AzureLanguages) -> Wanted:
        """The query, checked.

        Raises:
            RefusalError: a parameter has a value that cannot be served.
        """
        if not (asked := [code for code in query.getlist("to") if code]):
            raise RefusalError(400036, "The target language (to) is missing.")
        if query.get("fromScript") or query.get("toScript"):
            raise RefusalError(400080, "Nothing is transliterated: leave fromScript and toScript out.")
        is_html = one_of("textType", query.get("textType"), "plain", "html") == "html"
        has_alignment = truth(query, "includeAlignment")
        has_lengths = truth(query, "includeSentenceLength")
        return cls(
            source=languages.source(query.get("from")),
            targets=[(code, languages.target(code)) for code in asked],
            is_html=is_html,
            has_alignment=has_alignment and not is_html,
            has_lengths=has_lengths and not is_html,
            notes=_notes(query, is_html and (has_alignment or has_lengths)),
        )


def translation_routes(services: Services, languages: AzureLanguages) -> APIRouter:
    """The one that translates."""
    router = APIRouter()

    @router.post("/translate")
    async def translate(request: Request) -> Response:
        if version_of(request.query_params, VERSION, NEWER) == NEWER:
            return await translate_inputs(request, services, languages)
        wanted = Wanted.read(request.query_params, languages)
        sent = await read_texts(request)
        services.serving.check_count(len(sent) * len(wanted.targets))
        texts = [MarkedText.read(text) for text in sent]
        requests = [_request(text, target, wanted) for text in texts for _, target in wanted.targets]
        flat = iter(await results_of(services, requests, call_of(request)))
        results = [[next(flat) for _ in wanted.targets] for _ in texts]
        answer = [_answer(text, of_text, wanted) for text, of_text in zip(texts, results, strict=True)]
        notes = [*wanted.notes, *_varieties(wanted, results[0])]
        used = metered([(text, len(wanted.targets)) for text in texts])
        return JSONResponse(answer, headers={**used, **warning_header(notes)})

    return router


def _notes(query: QueryParams, is_in_vain: bool) -> list[str]:
    idle = sorted(set(query) - PARAMETERS)
    if one_of("profanityAction", query.get("profanityAction"), "NoAction", "Marked", "Deleted") != "NoAction":
        idle.append("profanityAction")
    allows_fallback = truth(query, "allowFallback", default=True)
    idle += check_category("category", query.get("category", "general"), allows_fallback)
    if is_in_vain:
        idle.append("includeAlignment or includeSentenceLength with textType html")
    return without_effect(idle)


def _request(text: MarkedText, target: str, wanted: Wanted) -> TranslationRequest:
    return TranslationRequest(
        text=text.text,
        text_format="html" if wanted.is_html else "text",
        target_lang=target,
        source_lang=wanted.source,
        alignment="links" if wanted.has_alignment else "none",
        phrases=text.phrases,
    )


def _answer(text: MarkedText, results: Sequence[TranslationResult | None], wanted: Wanted) -> dict[str, Any]:
    answer = detected(results) if wanted.source is None else {}
    answer["translations"] = [
        _echo(text, asked, wanted) if result is None else _translation(text, asked, result, wanted)
        for (asked, _), result in zip(wanted.targets, results, strict=True)
    ]
    return answer


def _translation(text: MarkedText, asked: str, result: TranslationResult, wanted: Wanted) -> dict[str, Any]:
    answer: dict[str, Any] = {"to": asked, "text": result.text}
    if wanted.has_alignment:
        links = result.alignment.links if result.alignment else []
        placed = [link._replace(source=text.place(link.source)) for link in links]
        answer["alignment"] = {"proj": projection(placed, text.sent, result.text)}
    if wanted.has_lengths:
        segments = result.segments
        starts = [text.place(segment.source)[0] for segment in segments]
        answer["sentLen"] = {
            "srcSentLen": lengths(starts, text.sent),
            "transSentLen": lengths([segment.target[0] for segment in segments], result.text),
        }
    return {**answer, "warnings": messages(result.warnings)} if result.warnings else answer


def _echo(text: MarkedText, asked: str, wanted: Wanted) -> dict[str, Any]:
    """A text that is in the target language already."""
    answer: dict[str, Any] = {"to": asked, "text": text.text}
    if wanted.has_alignment:
        answer["alignment"] = {"proj": ""}
    if wanted.has_lengths:
        answer["sentLen"] = {
            "srcSentLen": [length(text.sent)],
            "transSentLen": [length(text.text)],
        }
    return {**answer, "warnings": [SAME_LANGUAGE]} if text.text.strip() else answer


def _varieties(wanted: Wanted, results: Sequence[TranslationResult | None]) -> list[str]:
    return [
        note
        for (asked, _), result in zip(wanted.targets, results, strict=True)
        if result is not None
        for note in variety_note(asked, result.target_lang)
    ]
