"""The attention between the pieces of a text and their translations, with spans over the whole texts."""

from __future__ import annotations

from collections.abc import Sequence

from models.alignment import FloatArray
from models.engine.request import AlignmentRequest
from models.tokenizer import TokenizedText
from service.errors import ServiceError
from service.pipeline.align import PieceMap, PlacedTokens, ReverseMap
from service.pipeline.assembly import AssembledText
from service.pipeline.catalog import Selection
from service.pipeline.engine_calls import EngineCalls, run_all
from service.pipeline.planning import Piece, TranslationPlan
from service.pipeline.prepare import PreparedText, prepare
from service.pipeline.render import check_drawable
from service.pipeline.types import AlignRequest


async def translation_maps(
    plan: TranslationPlan, output: AssembledText, reverse: Selection | None, calls: EngineCalls
) -> tuple[list[PieceMap], list[str]]:
    """A map for each piece, with the opposite direction where `reverse` is given; and warnings."""
    tokenizer = plan.selection.model.tokenizer
    backwards, warnings = await _reverse_maps(plan, output, reverse, calls)
    maps: list[PieceMap] = []
    for translated, span, backward in zip(output.pieces, output.spans, backwards, strict=True):
        piece, hypothesis = translated.piece, translated.hypothesis
        if hypothesis.attention is None:
            raise RuntimeError("the engine answered a request for attention without any")
        source = tokenizer.tokenize_source(piece.text, plan.selection.source_lang, plan.selection.target_lang)
        target = tokenizer.detokenize(hypothesis.token_ids)
        lead = len(target.text) - len(target.text.lstrip())
        maps.append(
            PieceMap(
                source=_placed_source(plan.prepared, piece, source),
                target=PlacedTokens(target.pieces, _moved(target, span[0] - lead), span),
                attention=hypothesis.attention,
                reverse=backward,
            )
        )
    return maps, warnings


async def pair_map(
    request: AlignRequest, selection: Selection, reverse: Selection | None, calls: EngineCalls
) -> list[PieceMap]:
    """The map of a user's own pair, aligned in one piece; none when one of the texts is blank.

    Raises `ServiceError` 413: `text_too_long` when the source is longer than the model takes,
    `alignment_too_large` when a picture is wanted that nobody could read.
    """
    substitutes = selection.model.substitutes
    source, target = prepare(request.source, substitutes), prepare(request.target, substitutes)
    if not source.text.strip() or not target.text.strip():
        return []
    # Levels that have a matrix are drawn over its tokens, the others over words.
    draws_tokens = request.is_drawn and request.alignment in {"matrix", "full"}
    wants_everything = request.alignment == "full"
    forward = _attend(
        selection, source, target, wants_everything, calls, is_first=True, is_drawn=draws_tokens
    )
    if reverse is None:
        return [(await run_all([forward]))[0]]
    backward = _attend(reverse, target, source, False, calls, is_first=False)
    one, other = await run_all([forward, backward])
    return [
        PieceMap(
            source=one.source,
            target=one.target,
            attention=one.attention,
            reverse=ReverseMap(source=other.target, target=other.source, attention=other.attention),
        )
    ]


async def _attend(
    selection: Selection,
    source: PreparedText,
    target: PreparedText,
    wants_everything: bool,
    calls: EngineCalls,
    *,
    is_first: bool,
    is_drawn: bool = False,
) -> PieceMap:
    """One direction of a given pair."""
    model = selection.model
    source_tokens = model.tokenizer.tokenize_source(source.text, selection.source_lang, selection.target_lang)
    target_tokens = model.tokenizer.tokenize_target(target.text, selection.target_lang)
    if len(source_tokens.ids) > model.max_source_tokens:
        raise ServiceError(
            413,
            "text_too_long",
            "The text is too long to be aligned",
            f"The {selection.source_lang} text has {len(source_tokens.ids)} tokens; {model.id} takes at "
            f"most {model.max_source_tokens}. Align it sentence by sentence.",
        )
    if is_drawn:
        check_drawable(len(source_tokens.ids), len(target_tokens.ids), "tokens")
    attention = await calls.align(
        model.engine,
        AlignmentRequest(
            source_ids=source_tokens.ids,
            target_ids=target_tokens.ids,
            attention=model.alignment.everything if wants_everything else model.alignment.selection,
        ),
        is_first=is_first,
    )
    return PieceMap(
        source=_placed_whole(source, source_tokens),
        target=_placed_whole(target, target_tokens),
        attention=attention,
    )


async def _reverse_maps(
    plan: TranslationPlan, output: AssembledText, reverse: Selection | None, calls: EngineCalls
) -> tuple[Sequence[ReverseMap | None], list[str]]:
    if reverse is None:
        return [None] * len(output.pieces), []
    model = reverse.model
    pairs: list[tuple[TokenizedText, TokenizedText] | None] = []
    warnings: list[str] = []
    for number, translated in enumerate(output.pieces, start=1):
        if not translated.text:
            pairs.append(None)
            continue
        read = model.tokenizer.tokenize_source(translated.text, reverse.source_lang, reverse.target_lang)
        if len(read.ids) <= model.max_source_tokens:
            pairs.append((read, model.tokenizer.tokenize_target(translated.piece.text, reverse.target_lang)))
        else:
            pairs.append(None)
            warnings.append(f"Segment {number} is too long for the reverse model: linked in one direction.")
    requests = [
        AlignmentRequest(source_ids=pair[0].ids, target_ids=pair[1].ids, attention=model.alignment.selection)
        for pair in pairs
        if pair is not None
    ]
    answers = iter(await run_all([calls.align(model.engine, r, is_first=False) for r in requests]))
    maps = [
        None if pair is None else _reverse_map(plan, output, i, pair, next(answers))
        for i, pair in enumerate(pairs)
    ]
    return maps, warnings


def _reverse_map(
    plan: TranslationPlan,
    output: AssembledText,
    index: int,
    pair: tuple[TokenizedText, TokenizedText],
    attention: FloatArray,
) -> ReverseMap:
    read, written = pair
    span = output.spans[index]
    return ReverseMap(
        source=_placed_source(plan.prepared, output.pieces[index].piece, written),
        target=PlacedTokens(read.pieces, _moved(read, span[0]), span),
        attention=attention,
    )


def _placed_source(prepared: PreparedText, piece: Piece, tokens: TokenizedText) -> PlacedTokens:
    spans = [
        None if span is None else prepared.original_span(span)
        for span in _moved(tokens, piece.prepared_span[0])
    ]
    return PlacedTokens(tokens.pieces, spans, piece.span)


def _placed_whole(prepared: PreparedText, tokens: TokenizedText) -> PlacedTokens:
    spans = [None if span is None else prepared.original_span(span) for span in tokens.spans]
    return PlacedTokens(tokens.pieces, spans, prepared.original_span((0, len(prepared.text))))


def _moved(tokens: TokenizedText, offset: int) -> list[tuple[int, int] | None]:
    return [None if span is None else (span[0] + offset, span[1] + offset) for span in tokens.spans]
