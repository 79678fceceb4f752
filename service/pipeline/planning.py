"""What has to be done for one translation request: which model, from which language, which pieces."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from models.tokenizer import Span
from service.errors import ServiceError
from service.pipeline.catalog import ModelCatalog, Selection
from service.pipeline.detection import LanguageDetector
from service.pipeline.languages import language_name, same_language
from service.pipeline.prepare import PreparedText, prepare
from service.pipeline.splitting import split_overlong, split_text
from service.pipeline.types import Detection, ServedModel, TranslationRequest

_SURE = 0.9
"""From this confidence on, a text in a language that was not to be expected is taken at its word."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the text that is translated in one go."""

    text: str
    span: Span
    """In the text as it was sent, in code points."""
    prepared_span: Span
    source_ids: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationPlan:
    """Everything about a request that is known before the engine is asked."""

    request: TranslationRequest
    selection: Selection
    onward: Selection | None = None
    """What translates the output of `selection`, where the text goes through a third language."""
    source_lang: str
    detected: Detection | None
    prepared: PreparedText
    pieces: list[Piece]
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SourceLanguage:
    """The language of a text, given or detected; `is_target` when there is nothing to translate."""

    lang: str
    detected: Detection | None
    is_target: bool = False
    warning: str | None = None


class Planner:
    """Chooses languages, model and pieces."""

    def __init__(self, catalog: ModelCatalog, detector: LanguageDetector) -> None:
        self._catalog = catalog
        self._detector = detector

    async def plan(self, request: TranslationRequest) -> TranslationPlan:
        """Raises `ServiceError`: no such model or pair, text that is not Unicode, too long a sentence."""
        check_unicode(request.text, "text")
        source = await self._source_language(request)
        from_lang = source.lang
        if source.is_target:
            from_lang = self._catalog.sources_for(request.target_lang, request.model)[0]
        selection, *rest = self._catalog.route(from_lang, request.target_lang, request.model)
        onward = rest[0] if rest else None
        warnings = [source.warning] if source.warning else []
        if onward is not None:
            _check_pivot(request, selection, onward)
            warnings.append(_pivot_warning(selection, onward))
        prepared = prepare(request.text, selection.model.substitutes)
        return TranslationPlan(
            request=request,
            selection=selection,
            onward=onward,
            source_lang=source.lang if source.is_target else selection.source_lang,
            detected=source.detected,
            prepared=prepared,
            pieces=[] if source.is_target else _pieces(prepared, selection, request, warnings),
            warnings=warnings,
        )

    async def _source_language(self, request: TranslationRequest) -> SourceLanguage:
        if request.source_lang is not None:
            return SourceLanguage(request.source_lang, None)
        candidates = self._catalog.sources_for(request.target_lang, request.model)
        ranked = await self._rank(request.text)
        if ranked and ranked[0].lang not in candidates and ranked[0].confidence >= _SURE:
            return self._unexpected(ranked[0], request)
        for detection in ranked:
            if detection.lang in candidates:
                return SourceLanguage(detection.lang, detection)
        assumed = candidates[0]
        warning = None
        if any(map(str.isalpha, request.text)):
            warning = (
                f"The language of the text could not be detected; {language_name(assumed)} was assumed. "
                "Give source_lang to be sure."
            )
        return SourceLanguage(assumed, Detection(assumed, 0.0), warning=warning)

    def _unexpected(self, found: Detection, request: TranslationRequest) -> SourceLanguage:
        """A text that is in the target language already, or in one that does not lead there."""
        if same_language(found.lang, request.target_lang):
            warning = (
                f"The text is in {language_name(found.lang)} already; it is returned unchanged. "
                "Give source_lang to have it translated all the same."
            )
            return SourceLanguage(found.lang, found, is_target=True, warning=warning)
        return SourceLanguage(found.lang, found)

    async def _rank(self, text: str) -> list[Detection]:
        if not text or text.isspace():
            return []
        if not self._detector.is_loaded:
            await asyncio.to_thread(self._detector.load)
        return self._detector.rank(text)


def check_unicode(text: str, name: str) -> None:
    """Raises `ServiceError` 422 `invalid_text` for lone surrogates, which no text has."""
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ServiceError(
            422,
            "invalid_text",
            "The text is not valid Unicode",
            f"{name} has half of a surrogate pair at position {error.start}. "
            "Send characters beyond U+FFFF whole.",
        ) from None


def _check_pivot(request: TranslationRequest, first: Selection, second: Selection) -> None:
    if request.alignment != "full":
        return
    raise ServiceError(
        400,
        "pivot_not_aligned",
        "No such alignment through a third language",
        f"From {first.source_lang} to {second.target_lang} the text goes through {first.target_lang}, and "
        "the layers and heads of two models have no common map. "
        'Ask for alignment "matrix", "links" or "symmetric".',
    )


def _pivot_warning(first: Selection, second: Selection) -> str:
    source, middle, target = map(language_name, (first.source_lang, first.target_lang, second.target_lang))
    return f"No model translates from {source} to {target}: the text was translated through {middle}."


def _pieces(
    prepared: PreparedText, selection: Selection, request: TranslationRequest, warnings: list[str]
) -> list[Piece]:
    spans = split_text(prepared.text, selection.source_lang, split_sentences=request.split_sentences)
    pieces: list[Piece] = []
    for number, span in enumerate(spans, start=1):
        piece = make_piece(prepared, span, selection)
        if request.truncation == "error":
            _check_length(piece, number, selection.model)
        parts = split_piece(prepared, piece, selection)
        if len(parts) > 1:
            warnings.append(
                f"Segment {number} is long ({len(piece.source_ids)} tokens); "
                f"it was translated in {len(parts)} parts."
            )
        pieces.extend(parts)
    warnings += unknown_warnings(pieces, selection)
    return pieces


def unknown_warnings(pieces: Sequence[Piece], selection: Selection) -> list[str]:
    """Says so where the model cannot read a character."""
    unknown = selection.model.tokenizer.unknown_token_id
    if unknown is None or not any(unknown in piece.source_ids for piece in pieces):
        return []
    return ["The text has characters that the model does not know; they may be missing in the translation."]


def make_piece(prepared: PreparedText, span: Span, selection: Selection) -> Piece:
    """The piece at `span` of the prepared text, tokenized for a model."""
    text = prepared.text[span[0] : span[1]]
    ids = selection.model.tokenizer.encode_source(text, selection.source_lang, selection.target_lang)
    return Piece(text, prepared.original_span(span), span, ids)


def _check_length(piece: Piece, number: int, model: ServedModel) -> None:
    if len(piece.source_ids) > model.max_source_tokens:
        raise ServiceError(
            413,
            "text_too_long",
            "The text is too long for the model",
            f"Segment {number} has {len(piece.source_ids)} tokens; {model.id} takes at most "
            f'{model.max_source_tokens} at once. Shorten it, or set truncation to "split".',
        )


def split_piece(prepared: PreparedText, piece: Piece, selection: Selection) -> list[Piece]:
    """The piece, or the parts of it that the model translates well."""
    model = selection.model
    max_tokens = model.max_piece_tokens or model.max_source_tokens
    if len(piece.source_ids) <= max_tokens:
        return [piece]
    spans = split_overlong(
        piece.text,
        lambda text: model.tokenizer.tokenize_source(text, selection.source_lang, selection.target_lang),
        max_tokens,
    )
    offset = piece.prepared_span[0]
    return [make_piece(prepared, (start + offset, end + offset), selection) for start, end in spans]
