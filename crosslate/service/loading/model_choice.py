"""Which models a command has to load for a request, as far as that is known before torch is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crosslate.models.checkpoints.model_files import starter_names
from crosslate.service.settings.config import ModelSettings, Settings

if TYPE_CHECKING:
    from crosslate.service.pipeline.summarization.types import SummaryRequest
    from crosslate.service.pipeline.types import AlignRequest, TranslationRequest

STARTER_SUMMARIZERS = "starter/summarize-"
"""What the names of the starters that summarize begin with; the others' say a pair of languages."""


def models_for(request: TranslationRequest | AlignRequest, settings: Settings) -> tuple[ModelSettings, ...]:
    """Those that the request may need, as far as that is known before loading; else every translator.

    Raises:
        ServiceError: see `check_languages`.
    """
    check_languages(request, settings)
    source, target = request.source_lang, request.target_lang
    needs_reverse = request.alignment == "symmetric"
    if not any(_may_serve(model, source, target) for model in settings.models):
        # perhaps two of them serve it together
        translators = tuple(model for model in settings.models if known_task(model) != "summarization")
        return translators or settings.models
    return tuple(
        model
        for model in settings.models
        if _may_serve(model, source, target) or (needs_reverse and _may_serve(model, target, source))
    )


def check_languages(request: TranslationRequest | AlignRequest, settings: Settings) -> None:
    """Pass if a model may know the languages, as far as that is known before torch is imported.

    Raises:
        ServiceError: none does, as the catalog would say.
    """
    from crosslate.service.pipeline.engines.catalog import nothing_to_translate, unsupported_pair
    from crosslate.service.pipeline.language.language_pairs import LanguagePairs
    from crosslate.service.pipeline.language.languages import same_language

    known = [known_pairs(model) for model in settings.models]
    pairs = LanguagePairs(pair for of_one in known for pair in of_one or ())
    if None in known or not pairs.targets:
        return
    is_source = request.source_lang is None or pairs.sources.match(request.source_lang) is not None
    if not is_source or pairs.targets.match(request.target_lang) is None:
        raise unsupported_pair(pairs, request.source_lang, request.target_lang, request.model)
    if request.source_lang is None or not same_language(request.source_lang, request.target_lang):
        return
    # From one region's form to another's there may be a model, but never two by way of a third language.
    if pairs.match(request.source_lang, request.target_lang) is None:
        raise nothing_to_translate(request.target_lang)


def _may_serve(model: ModelSettings, source: str | None, target: str | None) -> bool:
    from crosslate.service.pipeline.language.languages import match_language

    pairs = known_pairs(model)
    return pairs is None or any(
        (source is None or match_language(source, [pair[0]]) is not None)
        and (target is None or match_language(target, [pair[1]]) is not None)
        for pair in pairs
    )


def known_pairs(model: ModelSettings) -> tuple[tuple[str, str], ...] | None:
    """The configured pairs, or those that a starter's name says; None where only the checkpoint knows."""
    if model.pairs is not None:
        return model.pairs
    match known_task(model):
        case "summarization":
            return ()
        case "translation" if model.location in starter_names():
            source, _, target = model.location.removeprefix("starter/").partition("-")
            return ((source, target),)
    return None


def known_task(model: ModelSettings) -> str | None:
    """The configured task, or the one that a starter's name says; None where only the checkpoint knows."""
    if model.task is not None:
        return model.task
    if model.location not in starter_names():
        return None
    return "summarization" if model.location.startswith(STARTER_SUMMARIZERS) else "translation"


def models_to_summarize(request: SummaryRequest, settings: Settings) -> tuple[ModelSettings, ...]:
    """The named model, or those that may be the first summarizer, as far as that is known before loading.

    Raises:
        ServiceError: none can be.
    """
    if request.model is not None:
        (model,) = settings.models
        if (task := known_task(model)) not in {None, "summarization"}:
            from crosslate.service.pipeline.summarization.summarizer import no_summarizer_of

            raise no_summarizer_of(model.id, task, [])
        return settings.models
    possible = [model for model in settings.models if known_task(model) != "translation"]
    if not possible:
        from crosslate.service.pipeline.summarization.summarizer import no_summarizer

        raise no_summarizer()
    known = next((i for i, model in enumerate(possible) if known_task(model)), len(possible))
    return tuple(possible[: known + 1])
