"""Azure's `/translate` as it is since 2026: each text names its languages, and how each is to be written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from crosslate.service.http.dialect import call_of
from crosslate.service.http.dialects.azure.asking import detected, metered, results_of
from crosslate.service.http.dialects.azure.dictionary import MarkedText
from crosslate.service.http.dialects.azure.errors import RefusalError
from crosslate.service.http.dialects.azure.fields import check_category, one_of, read_body
from crosslate.service.http.dialects.azure.languages import AzureLanguages
from crosslate.service.http.dialects.notes import SAME_LANGUAGE, variety_note, warning_header, without_effect
from crosslate.service.http.dialects.reading import LenientFields, parsed
from crosslate.service.http.services import Services
from crosslate.service.pipeline.notices import messages
from crosslate.service.pipeline.types import TranslationRequest, TranslationResult

_NEUTRAL = ("neutral", None)


class _Fields(LenientFields):
    """Named as in the body; what is not known is kept, and said to be without effect."""

    model_config = ConfigDict(alias_generator=to_camel, extra="allow")


class TargetFields(_Fields):
    """A language that a text is wanted in, and how."""

    language: str
    script: str | None = None
    profanity_action: str | None = None
    profanity_marker: str | None = None
    """Of no meaning without the action, which has none."""
    deployment_name: str = "general"
    allow_fallback: bool = True
    tone: str | None = None
    gender: str | None = None

    def notes(self) -> list[str]:
        """What has no effect.

        Raises:
            RefusalError: what must have one.
        """
        if self.script:
            raise RefusalError(400080, "Nothing is transliterated: leave script out.")
        idle = sorted(self.model_extra or ())
        action = one_of("profanityAction", self.profanity_action, "NoAction", "Marked", "Deleted")
        is_marked = {"profanityAction": action != "NoAction"}
        is_styled = {name: getattr(self, name) not in _NEUTRAL for name in ("tone", "gender")}
        idle += [name for name, is_given in {**is_marked, **is_styled}.items() if is_given]
        return without_effect(
            idle + check_category("deploymentName", self.deployment_name, self.allow_fallback)
        )


class InputFields(_Fields):
    """A text, and what is wanted of it."""

    text: str
    language: str | None = None
    script: str | None = None
    text_type: str | None = None
    targets: Annotated[list[TargetFields], Field(min_length=1)]

    def requests(self, marked: MarkedText, languages: AzureLanguages) -> list[TranslationRequest]:
        """One for each target.

        Raises:
            RefusalError: a language that is not served, or what cannot be had.
        """
        if self.script:
            raise RefusalError(400080, "Nothing is transliterated: leave script out.")
        source = languages.source(self.language, "language")
        is_html = one_of("textType", self.text_type, "plain", "html") == "html"
        return [
            TranslationRequest(
                text=marked.text,
                text_format="html" if is_html else "text",
                target_lang=languages.target(target.language, "targets.language"),
                source_lang=source,
                phrases=marked.phrases,
            )
            for target in self.targets
        ]


class BodyFields(_Fields):
    """The whole body."""

    inputs: Annotated[list[InputFields], Field(min_length=1)]


async def translate_inputs(request: Request, services: Services, languages: AzureLanguages) -> Response:
    """The answer to `{"inputs": [{"text": ..., "targets": [{"language": ...}]}]}`."""
    body = await read_body(request)
    if not isinstance(body, dict):
        raise RefusalError(
            400074, 'The body has to be an object, {"inputs": [{"text": ..., "targets": [...]}]}.'
        )
    inputs = parsed(body, BodyFields).inputs
    services.serving.check_count(sum(len(one.targets) for one in inputs))
    marked = [MarkedText.read(one.text) for one in inputs]
    requests = [one.requests(text, languages) for one, text in zip(inputs, marked, strict=True)]
    notes = [note for one in inputs for target in one.targets for note in target.notes()]
    flat = iter(await results_of(services, [each for some in requests for each in some], call_of(request)))
    results = [[next(flat) for _ in one.targets] for one in inputs]
    value = [_answer(*each) for each in zip(inputs, marked, results, strict=True)]
    notes += [note for one, found in zip(inputs, results, strict=True) for note in _varieties(one, found)]
    used = metered([(text, len(one.targets)) for one, text in zip(inputs, marked, strict=True)])
    return JSONResponse({"value": value}, headers={**used, **warning_header(notes)})


def _answer(
    wanted: InputFields, text: MarkedText, results: Sequence[TranslationResult | None]
) -> dict[str, Any]:
    found = {} if wanted.language else detected(results)
    translations = [
        _translation(target.language, text, result)
        for target, result in zip(wanted.targets, results, strict=True)
    ]
    return {**found, "translations": translations}


def _translation(asked: str, text: MarkedText, result: TranslationResult | None) -> dict[str, Any]:
    stays = [SAME_LANGUAGE] if text.text.strip() else []
    answer = {
        "language": asked,
        "sourceCharacters": len(text.text),
        "text": text.text if result is None else result.text,
        "warnings": stays if result is None else messages(result.warnings),
    }
    return {name: value for name, value in answer.items() if value != []}


def _varieties(wanted: InputFields, results: Sequence[TranslationResult | None]) -> list[str]:
    return [
        note
        for target, result in zip(wanted.targets, results, strict=True)
        if result is not None
        for note in variety_note(target.language, result.target_lang)
    ]
