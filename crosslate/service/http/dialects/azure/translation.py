"""Azure's `/translate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse, Response

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialect import call_of
from crosslate.service.http.dialects.azure.dictionary import MarkedText
from crosslate.service.http.dialects.azure.errors import RefusalError
from crosslate.service.http.dialects.azure.fields import check_version, choice, read_texts, truth
from crosslate.service.http.dialects.azure.languages import AzureLanguages
from crosslate.service.http.dialects.azure.positions import length, lengths, projection
from crosslate.service.http.dialects.notes import SAME_LANGUAGE, variety_note, warning_header, without_effect
from crosslate.service.http.services import Services
from crosslate.service.pipeline.languages import same_language
from crosslate.service.pipeline.notices import messages
from crosslate.service.pipeline.types import TranslationRequest, TranslationResult
from crosslate.service.serving import Call

_USAGE_HEADER = "X-metered-usage"
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
        check_version(query)
        if not (asked := [code for code in query.getlist("to") if code]):
            raise RefusalError(400036, "The target language (to) is missing.")
        if query.get("fromScript") or query.get("toScript"):
            raise RefusalError(400080, "Nothing is transliterated: leave fromScript and toScript out.")
        is_html = choice(query, "textType", "plain", "html") == "html"
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

    async def results_of(
        texts: Sequence[MarkedText], wanted: Wanted, call: Call
    ) -> list[list[TranslationResult | None]]:
        """For each text one for each target; None where the text is to stay as it is."""
        served = [target for _, target in wanted.targets]
        try:
            return await ask(texts, wanted, served, call)
        except ServiceError as error:
            others = [target for target in served if not same_language(wanted.source or "", target)]
            if error.code != "same_language" or len(others) == len(served):
                raise
        return await ask(texts, wanted, others, call) if others else [[None] * len(served) for _ in texts]

    async def ask(
        texts: Sequence[MarkedText], wanted: Wanted, targets: Sequence[str], call: Call
    ) -> list[list[TranslationResult | None]]:
        requests = [_request(text, target, wanted) for text in texts for target in targets]
        results = iter(await services.serving.ask(services.serving.translation, requests, call))
        asked = set(targets)
        return [[next(results) if target in asked else None for _, target in wanted.targets] for _ in texts]

    @router.post("/translate")
    async def translate(request: Request) -> Response:
        wanted = Wanted.read(request.query_params, languages)
        texts = [MarkedText.read(sent) for sent in await read_texts(request)]
        results = await results_of(texts, wanted, call_of(request))
        answer = [_answer(text, of_text, wanted) for text, of_text in zip(texts, results, strict=True)]
        notes = [*wanted.notes, *_varieties(wanted, results[0])]
        used = sum(len(text.text) for text in texts) * len(wanted.targets)
        headers = {_USAGE_HEADER: str(used), **warning_header(notes)}
        return JSONResponse(answer, headers=headers)

    return router


def _notes(query: QueryParams, is_in_vain: bool) -> list[str]:
    idle = sorted(set(query) - PARAMETERS)
    if choice(query, "profanityAction", "NoAction", "Marked", "Deleted") != "NoAction":
        idle.append("profanityAction")
    if query.get("category", "general").lower() != "general":
        if not truth(query, "allowFallback", default=True):
            raise RefusalError(
                400002, "There is no model for this category: allow the general one, or leave it out."
            )
        idle.append("category")
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
    answer: dict[str, Any] = {}
    first = results[0]
    if wanted.source is None and first is not None:
        found = first.detected
        answer["detectedLanguage"] = {
            "language": found.lang if found else first.source_lang,
            "score": found.confidence if found else 1.0,
        }
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
