"""The attention between the parts of a text and their translations, with spans over the whole texts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from crosslate.models.engine.request import AlignmentRequest
from crosslate.models.tokenizers.tokenizer import TokenizedText
from crosslate.service.errors import ServiceError
from crosslate.service.pipeline.alignment.matrix_size import WITH_MATRIX, MatrixBudget, num_maps
from crosslate.service.pipeline.alignment.render import check_drawable
from crosslate.service.pipeline.alignment.token_maps import PartMap, attention_of, placed
from crosslate.service.pipeline.engines.catalog import Selection
from crosslate.service.pipeline.engines.engine_calls import EngineCalls
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.fidelity.signs.prepare import prepare
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.passes.joined import Joined
from crosslate.service.pipeline.text.origin import DerivedText, OriginMap
from crosslate.service.pipeline.text.text_worker import TextWorker
from crosslate.service.pipeline.translation.hop import Hop
from crosslate.service.pipeline.types import AlignRequest


async def translation_maps(
    hop: Hop, reverse: Selection | None, calls: EngineCalls, worker: TextWorker
) -> tuple[list[PartMap], list[Notice]]:
    """A map for each part, with the opposite direction where `reverse` is given; and warnings."""
    work = len(hop.plan.request.text) + len(hop.output.text)
    places = await worker.run(work, partial(_places, hop.output))
    backwards: dict[int, PartMap] = {}
    warnings: list[Notice] = []
    if reverse is not None:
        pairs, warnings = await worker.run(work, partial(_reverse_pairs, hop.output, places, reverse))
        attended = await calls.run_parts(pair.attend(calls, full=False) for pair in pairs.values())
        backwards = dict(zip(pairs, attended, strict=True))
    return await worker.run(work, partial(_forward_maps, hop.output, places, backwards)), warnings


def _places(output: Joined) -> list[OriginMap]:
    """Of each part's decoded text in the whole one."""
    whole = OriginMap.of(output.text)
    parts = zip(output.outputs, output.spans, strict=True)
    return [part.places(whole.part(*span)) for part, span in parts]


def _forward_maps(
    output: Joined, places: Sequence[OriginMap], backwards: Mapping[int, PartMap]
) -> list[PartMap]:
    maps: list[PartMap] = []
    parts = zip(output.outputs, output.spans, places, strict=True)
    for number, (written, span, place) in enumerate(parts, start=1):
        source = written.part.source
        maps.append(
            PartMap(
                source=placed(written.part.tokens, source.origin, written.part.span),
                target=placed(written.tokens, place, span),
                attention=attention_of(written),
                reverse=backwards.get(number),
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
) -> list[PartMap]:
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
    return [dataclasses.replace(one, reverse=other)]


@dataclass(frozen=True, slots=True)
class _Pair:
    """One direction of a given pair, as its model reads it."""

    selection: Selection
    prepared: tuple[DerivedText, DerivedText]
    source: TokenizedText
    target: TokenizedText

    @classmethod
    def of(cls, selection: Selection, source: DerivedText, target: DerivedText) -> _Pair:
        """Raises `ServiceError` 413 `text_too_long`."""
        model, from_lang, to_lang = selection.model, selection.source_lang, selection.target_lang
        read = model.tokenizer.tokenize_source(source.text, from_lang, to_lang)
        written = _written(selection, target.text)
        longest = model.max_source_tokens if selection.by_encoder else model.max_target_tokens
        _check_length(model, from_lang, len(read.ids), model.max_source_tokens)
        _check_length(model, to_lang, len(written.ids), longest)
        return cls(selection, (source, target), read, written)

    async def attend(self, calls: EngineCalls, *, full: bool) -> PartMap:
        """`full`: the maps of every layer and head."""
        model = self.selection.model
        alignment = model.alignment
        asked = partial(
            AlignmentRequest,
            source_ids=self.source.ids,
            target_ids=self.target.ids,
            attention=alignment.everything if full else alignment.selection,
            encoder_scale=alignment.encoder_scale if self.selection.by_encoder else None,
        )
        source, target = self.prepared
        return PartMap(
            source=placed(self.source, source.origin, source.span),
            target=placed(self.target, target.origin, target.span),
            attention=await calls.align(model.engine, asked),
        )


def _written(selection: Selection, text: str) -> TokenizedText:
    """The tokens that a model is to have written, or that its encoder reads of a translation."""
    tokenizer, lang = selection.model.tokenizer, selection.target_lang
    if selection.by_encoder:
        return tokenizer.tokenize_source(text, lang, selection.source_lang)
    return tokenizer.tokenize_target(text, lang)


async def _pair(selection: Selection, source: DerivedText, target: DerivedText, worker: TextWorker) -> _Pair:
    return await worker.run(len(source.text) + len(target.text), partial(_Pair.of, selection, source, target))


def _check_length(model: ServedModel, lang: str, num_tokens: int, max_tokens: int) -> None:
    if num_tokens > max_tokens:
        raise ServiceError(
            "text_too_long",
            f"The {lang} text has {num_tokens} tokens; {model.id} takes at most {max_tokens}. "
            "Align it sentence by sentence.",
        )


def _reverse_pairs(
    output: Joined, places: Sequence[OriginMap], reverse: Selection
) -> tuple[dict[int, _Pair], list[Notice]]:
    """What the reverse model is to read and to write, by the number of the part; and where it is too long."""
    model = reverse.model
    pairs: dict[int, _Pair] = {}
    warnings: list[Notice] = []
    for number, (written, place) in enumerate(zip(output.outputs, places, strict=True), start=1):
        if not written.decoded:
            continue
        read = model.tokenizer.tokenize_source(written.decoded, reverse.source_lang, reverse.target_lang)
        if len(read.ids) > model.max_source_tokens:
            said = f"Segment {number} is too long for the reverse model: linked in one direction."
            warnings.append(Notice("linked_in_one_direction", said))
            continue
        back = _written(reverse, written.part.text)
        prepared = DerivedText(written.decoded, place), written.part.source
        pairs[number] = _Pair(reverse, prepared, read, back)
    return pairs, warnings
