"""Text in, text out: the pipeline from a request's text to its translation, its spans and its alignment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from service.pipeline.align import TextAligner
from service.pipeline.assembly import alternatives
from service.pipeline.catalog import ModelCatalog, Selection
from service.pipeline.detection import LanguageDetector
from service.pipeline.engine_calls import EngineCalls, run_all
from service.pipeline.guard import Judged
from service.pipeline.hop import Hop, warnings_of
from service.pipeline.piece_generation import PieceGenerator
from service.pipeline.piece_maps import pair_map, translation_maps
from service.pipeline.pivot import OnwardPlan, SegmentJoiner, join_stream, joined_segments, plan_onward
from service.pipeline.pivot_maps import compose_maps
from service.pipeline.planning import Planner, TranslationPlan, check_unicode
from service.pipeline.render import check_drawable
from service.pipeline.streaming import stream_pieces
from service.pipeline.types import (
    AlignmentResult,
    AlignRequest,
    Detection,
    DoneEvent,
    StreamEvent,
    TranslationRequest,
    TranslationResult,
)


class Translator:
    """Translates and aligns texts with the models of a catalog. Raises `ServiceError`s only.

    Args:
        catalog: the models that are served.
        detector: weighs the served languages; by default made from the catalog.
        max_concurrent_pieces: how many pieces of one text may be at the engine at once. Fewer than its
            queue holds, so that one long document does not shut everyone else out.
        max_alignment_values: above this many values, an alignment matrix is refused.
        has_guard: try pieces whose translation is degenerate a second time, see `guard`.
    """

    def __init__(
        self,
        catalog: ModelCatalog,
        detector: LanguageDetector | None = None,
        *,
        max_concurrent_pieces: int = 64,
        max_alignment_values: int = 16_000_000,
        has_guard: bool = True,
    ) -> None:
        self._catalog = catalog
        self._detector = detector or LanguageDetector(_languages_to_weigh(catalog))
        self._planner = Planner(catalog, self._detector)
        self._max_concurrent_pieces = max_concurrent_pieces
        self._max_alignment_values = max_alignment_values
        self._has_guard = has_guard

    async def translate(self, request: TranslationRequest) -> TranslationResult:
        """The whole translation of one text."""
        plan = await self._planner.plan(request)
        reverses = self._reverses(plan)
        calls = self._calls(request.timeout_s, request.flow)
        onward = await self._onward(plan, calls)
        last = await self._translated(plan if onward is None else onward.plan, calls, onward)
        return await self._result(last, onward, reverses, calls)

    async def stream(self, request: TranslationRequest) -> AsyncIterator[StreamEvent]:
        """The translation as it becomes certain; the texts of the events together are the whole output.

        Greedy decoding and sampling give tokens, beam search finished pieces. The last event has the result.
        A text that goes through a third language is streamed once it is in that language.
        """
        plan = await self._planner.plan(request)
        reverses = self._reverses(plan)
        calls = self._calls(request.timeout_s, request.flow)
        onward = await self._onward(plan, calls)
        last = plan if onward is None else onward.plan
        judged: list[Judged] = []
        pieces = stream_pieces(last, self._generator(last, calls, onward), judged)
        if onward is not None:
            pieces = join_stream(pieces, SegmentJoiner(onward), judged)
        try:
            async for event in pieces:
                yield event
        finally:
            await pieces.aclose()
        yield DoneEvent(await self._result(Hop.of(last, judged), onward, reverses, calls))

    async def align(self, request: AlignRequest) -> tuple[str, AlignmentResult]:
        """The id of the model that read it, and the alignment of a user's own pair."""
        check_unicode(request.source, "source")
        check_unicode(request.target, "target")
        selection = self._catalog.select(request.source_lang, request.target_lang, request.model)
        reverse = self._catalog.reverse(selection) if request.alignment == "symmetric" else None
        aligner = TextAligner(
            request.source,
            request.target,
            config=selection.model.alignment,
            level=request.alignment,
            unit=request.offset_unit,
        )
        if request.is_drawn and request.alignment in {"links", "symmetric"}:
            check_drawable(*aligner.num_words, "words")
        maps = await pair_map(request, selection, reverse, self._calls(request.timeout_s))
        return selection.model.id, aligner.result(maps, max_values=self._max_alignment_values)

    async def detect(self, text: str) -> Detection:
        """The language of one text among those served; `und` with confidence 0 when it says nothing."""
        check_unicode(text, "text")
        if not self._detector.is_loaded:
            await asyncio.to_thread(self._detector.load)
        return self._detector.detect(text)

    def _calls(self, timeout_s: float | None, flow: int | None = None) -> EngineCalls:
        return EngineCalls(timeout_s=timeout_s, max_concurrent=self._max_concurrent_pieces, flow=flow)

    def _reverses(self, plan: TranslationPlan) -> list[Selection | None]:
        """For each model on the way the one for the opposite direction, where both are wanted."""
        selections = [plan.selection] if plan.onward is None else [plan.selection, plan.onward]
        is_symmetric = plan.request.alignment == "symmetric"
        return [self._catalog.reverse(s) if is_symmetric else None for s in selections]

    async def _onward(self, plan: TranslationPlan, calls: EngineCalls) -> OnwardPlan | None:
        """What is left to do after the first model, where there are two: its part is done here."""
        return None if plan.onward is None else plan_onward(await self._translated(plan, calls))

    async def _translated(
        self, plan: TranslationPlan, calls: EngineCalls, onward: OnwardPlan | None = None
    ) -> Hop:
        generator = self._generator(plan, calls, onward)
        return Hop.of(plan, await run_all([generator.generate(i) for i in range(len(plan.pieces))]))

    def _generator(
        self, plan: TranslationPlan, calls: EngineCalls, onward: OnwardPlan | None
    ) -> PieceGenerator:
        return PieceGenerator(plan, calls, has_guard=self._has_guard, is_admitted=onward is not None)

    async def _result(
        self,
        last: Hop,
        onward: OnwardPlan | None,
        reverses: Sequence[Selection | None],
        calls: EngineCalls,
    ) -> TranslationResult:
        hops = [last] if onward is None else [onward.first, last]
        first = hops[0].plan
        alignment, alignment_warnings = await self._alignment(hops, onward, reverses, calls)
        return TranslationResult(
            model=" + ".join(hop.plan.selection.model.id for hop in hops),
            text=last.output.text,
            source_lang=first.source_lang,
            target_lang=last.plan.selection.target_lang,
            detected=first.detected,
            finish_reason="length" if any(hop.finish_reason == "length" for hop in hops) else "stop",
            score=last.output.score,
            warnings=[*warnings_of(hops), *alignment_warnings],
            segments=last.segments if onward is None else joined_segments(onward, last),
            alignment=alignment,
            alternatives=alternatives(last.plan, [item.output for item in last.judged], last.output),
            num_characters=len(first.request.text),
            num_prompt_tokens=sum(hop.num_prompt_tokens for hop in hops),
            num_generation_tokens=sum(hop.num_generation_tokens for hop in hops),
            verdicts=[verdict for hop in hops for verdict in hop.verdicts],
        )

    async def _alignment(
        self,
        hops: Sequence[Hop],
        onward: OnwardPlan | None,
        reverses: Sequence[Selection | None],
        calls: EngineCalls,
    ) -> tuple[AlignmentResult | None, list[str]]:
        first, last = hops[0].plan, hops[-1].plan
        if first.request.alignment == "none":
            return None, []
        read = await run_all(
            [
                translation_maps(hop.plan, hop.output, reverse, calls)
                for hop, reverse in zip(hops, reverses, strict=True)
            ]
        )
        maps, warnings = read[0]
        if onward is not None:
            maps = compose_maps(maps, read[1][0], onward.owners)
            warnings = [*warnings, *read[1][1]]
        aligner = TextAligner(
            first.request.text,
            hops[-1].output.text,
            config=last.selection.model.alignment,
            level=first.request.alignment,
            unit=first.request.offset_unit,
            pivot=None if onward is None else last.source_lang,
        )
        return aligner.result(maps, max_values=self._max_alignment_values), warnings


def _languages_to_weigh(catalog: ModelCatalog) -> list[str]:
    """The source languages; with a single one the targets too, or its confidence would say nothing."""
    sources = catalog.source_languages()
    return sources if len(sources) > 1 else list(dict.fromkeys([*sources, *catalog.target_languages()]))
