"""The attention between the pieces of a text and their translations, with spans over the whole texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from models.engine.request import AlignmentRequest
from models.tokenizer import TokenizedText
from service.errors import ServiceError
from service.pipeline.align import PieceMap, ReverseMap, placed, shown
from service.pipeline.assembly import AssembledText
from service.pipeline.catalog import Selection
from service.pipeline.engine_calls import EngineCalls
from service.pipeline.matrix_size import WITH_MATRIX, MatrixBudget, num_maps
from service.pipeline.origin import DerivedText, OriginMap
from service.pipeline.planning import TranslationPlan
from service.pipeline.prepare import prepare
from service.pipeline.render import check_drawable
from service.pipeline.text_worker import TextWorker
from service.pipeline.types import AlignRequest, ServedModel


async def translation_maps(
    plan: TranslationPlan,
    output: AssembledText,
    reverse: Selection | None,
    calls: EngineCalls,
    worker: TextWorker,
) -> tuple[list[PieceMap], list[str]]:
    """A map for each piece, with the opposite direction where `reverse` is given; and warnings."""
    backwards, warnings = await _reverse_maps(plan, output, reverse, calls, worker)
    work = len(plan.request.text) + len(output.text)
    maps = await worker.run(work, partial(_forward_maps, plan, output, backwards))
    return maps, warnings


def _forward_maps(
    plan: TranslationPlan, output: AssembledText, backwards: Sequence[ReverseMap | None]
) -> list[PieceMap]:
    tokenizer = plan.selection.model.tokenizer
    whole = OriginMap.of(output.text)
    maps: list[PieceMap] = []
    for translated, span, backward in zip(output.pieces, output.spans, backwards, strict=True):
        piece, hypothesis = translated.piece, translated.hypothesis
        if hypothesis.attention is None:
            raise RuntimeError("the engine answered a request for attention without any")
        source = tokenizer.tokenize_source(piece.text, plan.selection.source_lang, plan.selection.target_lang)
        target = shown(tokenizer.detokenize(hypothesis.token_ids))
        maps.append(
            PieceMap(
                source=placed(source, piece.source.origin),
                target=placed(target, whole.part(*span)),
                attention=hypothesis.attention,
                reverse=backward,
            )
        )
    return maps


async def pair_map(
    request: AlignRequest,
    selection: Selection,
    reverse: Selection | None,
    calls: EngineCalls,
    *,
    budget: MatrixBudget,
    worker: TextWorker,
) -> list[PieceMap]:
    """The map of a user's own pair, aligned in one piece; none when one of the texts is blank.

    Raises `ServiceError` 413 before the engine is asked: `text_too_long` when a text is longer than the
    model takes, `alignment_too_large` also when a picture is wanted that nobody could read.
    """
    substitutes = selection.model.substitutes
    source, target = (prepare(DerivedText.of(text), substitutes) for text in (request.source, request.target))
    if not source.text.strip() or not target.text.strip():
        return []
    pair = await _pair(selection, source, target, worker)
    if request.alignment in WITH_MATRIX:
        values = len(pair.source.ids) * len(pair.target.ids)
        budget.take(num_maps(request.alignment, selection.model) * values)
        if request.is_drawn:  # over tokens, where there is a matrix of them; else over words
            check_drawable(len(pair.source.ids), len(pair.target.ids), "tokens")
    pairs = [pair] if reverse is None else [pair, await _pair(reverse, target, source, worker)]
    maps = await calls.run_parts(item.attend(calls, full=request.alignment == "full") for item in pairs)
    if reverse is None:
        return maps
    one, other = maps
    return [
        PieceMap(
            source=one.source,
            target=one.target,
            attention=one.attention,
            reverse=ReverseMap(source=other.target, target=other.source, attention=other.attention),
        )
    ]


@dataclass(frozen=True, slots=True)
class _Pair:
    """One direction of a given pair, as its model reads it."""

    model: ServedModel
    prepared: tuple[DerivedText, DerivedText]
    source: TokenizedText
    target: TokenizedText

    @classmethod
    def of(cls, selection: Selection, source: DerivedText, target: DerivedText) -> _Pair:
        """Raises `ServiceError` 413 `text_too_long`."""
        model, from_lang, to_lang = selection.model, selection.source_lang, selection.target_lang
        read = model.tokenizer.tokenize_source(source.text, from_lang, to_lang)
        written = model.tokenizer.tokenize_target(target.text, to_lang)
        _check_length(model, from_lang, len(read.ids), model.max_source_tokens)
        _check_length(model, to_lang, len(written.ids), model.max_target_tokens)
        return cls(model, (source, target), read, written)

    async def attend(self, calls: EngineCalls, *, full: bool) -> PieceMap:
        """`full`: the maps of every layer and head."""
        alignment = self.model.alignment
        asked = AlignmentRequest(
            source_ids=self.source.ids,
            target_ids=self.target.ids,
            attention=alignment.everything if full else alignment.selection,
        )
        source, target = self.prepared
        return PieceMap(
            source=placed(self.source, source.origin),
            target=placed(self.target, target.origin),
            attention=await calls.align(self.model.engine, asked),
        )


async def _pair(selection: Selection, source: DerivedText, target: DerivedText, worker: TextWorker) -> _Pair:
    return await worker.run(len(source.text) + len(target.text), partial(_Pair.of, selection, source, target))


def _check_length(model: ServedModel, lang: str, num_tokens: int, max_tokens: int) -> None:
    if num_tokens > max_tokens:
        raise ServiceError(
            413,
            "text_too_long",
            "The text is too long to be aligned",
            f"The {lang} text has {num_tokens} tokens; {model.id} takes at most {max_tokens}. "
            "Align it sentence by sentence.",
        )


async def _reverse_maps(
    plan: TranslationPlan,
    output: AssembledText,
    reverse: Selection | None,
    calls: EngineCalls,
    worker: TextWorker,
) -> tuple[Sequence[ReverseMap | None], list[str]]:
    if reverse is None:
        return [None] * len(output.pieces), []
    model = reverse.model
    work = len(plan.request.text) + len(output.text)
    pairs, warnings = await worker.run(work, partial(_reverse_pairs, output, reverse))
    requests = [
        AlignmentRequest(source_ids=pair[0].ids, target_ids=pair[1].ids, attention=model.alignment.selection)
        for pair in pairs
        if pair is not None
    ]
    answers = iter(await calls.run_parts(calls.align(model.engine, asked) for asked in requests))
    whole = OriginMap.of(output.text)
    maps = [
        None
        if pair is None
        else ReverseMap(
            source=placed(pair[1], translated.piece.source.origin),
            target=placed(pair[0], whole.part(*span)),
            attention=next(answers),
        )
        for translated, span, pair in zip(output.pieces, output.spans, pairs, strict=True)
    ]
    return maps, warnings


def _reverse_pairs(
    output: AssembledText, reverse: Selection
) -> tuple[list[tuple[TokenizedText, TokenizedText] | None], list[str]]:
    """What the reverse model is to read and to write for each piece; None where it is too long for it."""
    model = reverse.model
    pairs: list[tuple[TokenizedText, TokenizedText] | None] = []
    warnings: list[str] = []
    for number, translated in enumerate(output.pieces, start=1):
        if not translated.text:
            pairs.append(None)
            continue
        read = model.tokenizer.tokenize_source(
            translated.model_text, reverse.source_lang, reverse.target_lang
        )
        if len(read.ids) <= model.max_source_tokens:
            pairs.append((read, model.tokenizer.tokenize_target(translated.piece.text, reverse.target_lang)))
        else:
            pairs.append(None)
            warnings.append(f"Segment {number} is too long for the reverse model: linked in one direction.")
    return pairs, warnings
