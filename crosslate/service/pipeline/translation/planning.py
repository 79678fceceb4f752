"""What has to be done for one translation request: which model, from which language, which parts."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.engines.catalog import ModelCatalog, Selection
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.fidelity.protected.user_patterns import UserPatterns
from crosslate.service.pipeline.glossary.given_phrases import GivenPhrases
from crosslate.service.pipeline.glossary.terms import FindTerms, Glossary
from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.pipeline.language.detection import LanguageDetector, Reading
from crosslate.service.pipeline.language.language_notices import (
    already_in_target,
    contradicted,
    not_detected,
    not_served,
    uncertain,
)
from crosslate.service.pipeline.language.languages import language_name, same_language
from crosslate.service.pipeline.language.named_language import without_translated
from crosslate.service.pipeline.language.scripts import script_notice
from crosslate.service.pipeline.layout.reading import SentText
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.parts.character_notices import control_warnings, unknown_warnings
from crosslate.service.pipeline.parts.part import Part, Reader
from crosslate.service.pipeline.parts.part_making import PartMaker
from crosslate.service.pipeline.parts.touching_notices import touching_notices
from crosslate.service.pipeline.text.surrogates import check_unicode
from crosslate.service.pipeline.text.text_worker import TextWorker
from crosslate.service.pipeline.translation.idle_options import idle_options
from crosslate.service.pipeline.types import TranslationRequest

_NUM_GLOSSARIES = 16
_WORK_OF_ENTRY = 3
"""In characters: an entry of a glossary takes a few microseconds where it has not been read lately."""
_SURE = 0.9
"""From this confidence on, a text in a language that was not to be expected is taken at its word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationPlan:
    """Everything about a request that is known before the engine is asked."""

    request: TranslationRequest
    selection: Selection
    onward: Selection | None = None
    """What translates the output of `selection`, where the text goes through a third language."""
    source_lang: str
    detected: Detection | None
    parts: list[Part]
    warnings: list[Notice] = field(default_factory=list)
    is_kept: bool = False
    """Whether the text stays as it is, being in no language that leads to the target."""

    @property
    def reader(self) -> Reader:
        """How the model reads the parts."""
        return reader_of(self.selection, with_spans=self.request.needs_links)


@dataclass(frozen=True, slots=True)
class SourceLanguage:
    """The language of a text, given or detected; `is_kept` when the text is to stay as it is."""

    lang: str
    detected: Detection | None
    is_kept: bool = False
    notice: Notice | None = None


class Planner:
    """Chooses languages, model and parts.

    Args:
        catalog: the models that are served.
        detector: weighs their languages.
        min_confidence: a language that is detected with less is said to be uncertain.
        worker: what is long is done there.
        protect: patterns of what is not translated in any text.
    """

    def __init__(
        self,
        catalog: ModelCatalog,
        detector: LanguageDetector,
        min_confidence: float,
        worker: TextWorker,
        protect: tuple[str, ...] = (),
    ) -> None:
        self._catalog = catalog
        self._detector = detector
        self._min_confidence = min_confidence
        self._worker = worker
        self._protect = protect
        # The texts of a request have one, and so have requests with the same stored one.
        self._glossary = lru_cache(_NUM_GLOSSARIES)(Glossary)

    async def plan(self, request: TranslationRequest) -> TranslationPlan:
        """Raises `ServiceError`: no such model or pair, text that is not Unicode, too long a sentence."""
        await self._load_detector(request)
        work = self._work(request.text) + _WORK_OF_ENTRY * len(request.glossary)
        return await self._worker.run(work, partial(self._plan, request))

    async def read(self, text: str) -> Reading:
        """What a text says about its language."""
        if not self._detector.is_loaded:
            await asyncio.to_thread(self._detector.load)
        return await self._worker.run(self._work(text), partial(self._detector.read, text))

    async def _load_detector(self, request: TranslationRequest) -> None:
        """All of it where the language is to be detected, else what contradicts a given one."""
        needed = self._detector if request.source_lang is None else self._detector.identifier
        if not needed.is_loaded:
            await asyncio.to_thread(needed.load)

    def _work(self, text: str) -> int:
        """In characters; detection takes longer among many languages."""
        return len(text) * max(len(self._detector.languages) // 10, 1)

    def _plan(self, request: TranslationRequest) -> TranslationPlan:
        check_unicode(request.text, "text")
        if self._protect:
            request = dataclasses.replace(request, protect_always=self._protect)
        sent = SentText.of(request)
        source = self._source_language(request, sent.visible())
        from_lang = source.lang
        if source.is_kept:
            from_lang = self._catalog.sources_for(request.target_lang, request.model)[0]
        selection, *rest = self._catalog.route(from_lang, request.target_lang, request.model)
        onward = rest[0] if rest else None
        warnings = [source.notice] if source.notice else []
        if onward is not None:
            _check_pivot(request, selection, onward)
            warnings.append(_pivot_warning(selection, onward))
        warnings += idle_options(request, [selection, *rest])
        warnings += script_notice(request.target_lang, [selection, *rest][-1].target_lang)
        return TranslationPlan(
            request=sent.asked(selection.source_lang, [selection, *rest][-1].target_lang),
            selection=selection,
            onward=onward,
            source_lang=source.lang if source.is_kept else selection.source_lang,
            detected=source.detected,
            parts=[]
            if source.is_kept
            else _parts(selection, sent, self._terms(request, selection), warnings, self._detector),
            warnings=warnings,
            is_kept=source.is_kept,
        )

    def _terms(self, request: TranslationRequest, selection: Selection) -> FindTerms | None:
        """How the terms of the request's glossary are found, and its phrases; None without any."""
        find: FindTerms | None = None
        if request.glossary:
            find = self._glossary(request.glossary, selection.source_lang, request.target_lang).terms
        if request.phrases:
            find = GivenPhrases(request.text, request.phrases, request.target_lang, find).find
        return find

    def _source_language(self, request: TranslationRequest, text: str) -> SourceLanguage:
        if request.source_lang is not None:
            return self._given(text, request.source_lang)
        candidates = self._catalog.sources_for(request.target_lang, request.model)
        reading = self._detector.read(text)
        if reading.elsewhere is not None:
            found = reading.elsewhere
            return SourceLanguage(found.lang, found, is_kept=True, notice=not_served(found))
        if (expected := self._unless_candidate(reading.best, candidates, request)) is not None:
            return expected
        for detection in reading.ranked:
            if detection.lang in candidates:
                is_sure = detection.confidence >= self._min_confidence
                return SourceLanguage(
                    detection.lang, detection, notice=None if is_sure else uncertain(detection)
                )
        assumed = candidates[0]
        says_something = any(map(str.isalpha, text))
        return SourceLanguage(
            assumed, Detection(assumed, 0.0), notice=not_detected(assumed) if says_something else None
        )

    def _given(self, text: str, lang: str) -> SourceLanguage:
        found = self._detector.contradiction(text, lang)
        return SourceLanguage(lang, None, notice=None if found is None else contradicted(lang, found))

    def _unless_candidate(
        self, best: Detection, candidates: Sequence[str], request: TranslationRequest
    ) -> SourceLanguage | None:
        """A text that is in the target language already, or surely in one that does not lead there."""
        if best.lang in candidates:
            return None
        if same_language(best.lang, request.target_lang):
            if best.confidence < self._min_confidence:
                return None
            return SourceLanguage(best.lang, best, is_kept=True, notice=already_in_target(best))
        return SourceLanguage(best.lang, best) if best.confidence >= _SURE else None


def _check_pivot(request: TranslationRequest, first: Selection, second: Selection) -> None:
    if request.alignment != "full":
        return
    raise ServiceError(
        "pivot_not_aligned",
        f"From {first.source_lang} to {second.target_lang} the text goes through {first.target_lang}, and "
        "the layers and heads of two models have no common map. "
        'Ask for alignment "matrix", "links" or "symmetric".',
    )


def _pivot_warning(first: Selection, second: Selection) -> Notice:
    source, middle, target = map(language_name, (first.source_lang, first.target_lang, second.target_lang))
    said = f"No model translates from {source} to {target}: the text was translated through {middle}."
    return Notice("pivoted", said)


def _parts(
    selection: Selection,
    sent: SentText,
    find_terms: FindTerms | None,
    warnings: list[Notice],
    detector: LanguageDetector,
) -> list[Part]:
    request = sent.request
    reader = reader_of(selection, with_spans=request.needs_links)
    maker = PartMaker(selection, reader, request.text, patterns_of(request), find_terms, request.target_lang)
    found: list[Part] = []
    number = 0
    read = sent.passages(selection.source_lang, reader.num_tokens)
    passages, said_of = without_translated(read, request.target_lang, detector)
    warnings += said_of
    for draft in maker.drafts(passages, split_sentences=request.split_sentences):
        part = maker.part(draft)
        warnings += maker.left_messages(draft) + touching_notices(draft, reader.num_tokens)
        if part is None:
            warnings += maker.left(draft)
            continue
        number += 1
        warnings += control_warnings(request.text, draft.given.span, request.text_format)
        if request.truncation == "error":
            _check_length(part, number, selection.model)
        parts, num_left = maker.split(draft, part)
        if len(parts) > 1:
            said = f"Segment {number} is long ({len(part.ids)} tokens); "
            said += f"it was translated in {len(parts)} parts."
            warnings.append(Notice("split_long_sentence", said, draft.given.span))
        if num_left:
            said = f"Segment {number} has {num_left} part(s) that only repeat a few characters; "
            said += "these were left as they are."
            warnings.append(Notice("repetition_left", said, draft.given.span))
        found.extend(parts)
    warnings += unknown_warnings(found, reader)
    return found


def patterns_of(request: TranslationRequest) -> UserPatterns | None:
    """The caller's and those of the settings; None where there are none."""
    if not (request.protect or request.protect_always):
        return None
    try:
        return UserPatterns(request.protect, request.protect_always)
    except ValueError as error:
        raise ServiceError("invalid_pattern", f"protect cannot be used: {error}.") from None


def reader_of(selection: Selection, *, with_spans: bool) -> Reader:
    """How a selection's model reads."""
    return Reader(
        selection.model.tokenizer.writing(selection.target_lang),
        selection.source_lang,
        selection.target_lang,
        with_spans=with_spans,
        alignment=selection.model.alignment,
    )


def _check_length(part: Part, number: int, model: ServedModel) -> None:
    if len(part.ids) > model.max_source_tokens:
        raise ServiceError(
            "text_too_long",
            f"Segment {number} has {len(part.ids)} tokens; {model.id} takes at most "
            f'{model.max_source_tokens} at once. Shorten it, or set truncation to "split".',
        )
