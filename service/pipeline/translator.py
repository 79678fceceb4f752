"""Text in, text out: the pipeline from a request's text to its translation, its spans and its alignment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Literal

from service.pipeline.align import TextAligner
from service.pipeline.assembly import AssembledText, alternatives, assemble, piece_warnings
from service.pipeline.catalog import ModelCatalog, Selection
from service.pipeline.detection import LanguageDetector
from service.pipeline.engine_calls import EngineCalls, run_all
from service.pipeline.guard import Judged, guard_warnings
from service.pipeline.offsets import OffsetConverter
from service.pipeline.piece_generation import PieceGenerator
from service.pipeline.piece_maps import pair_map, translation_maps
from service.pipeline.planning import Planner, TranslationPlan, check_unicode
from service.pipeline.streaming import stream_pieces
from service.pipeline.types import (
    AlignmentResult,
    AlignRequest,
    Detection,
    DoneEvent,
    Segment,
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
        reverse = self._reverse(plan)
        calls = self._calls(request.timeout_s)
        generator = PieceGenerator(plan, calls, has_guard=self._has_guard)
        judged = await run_all([generator.generate(i) for i in range(len(plan.pieces))])
        return await self._result(plan, judged, reverse, calls)

    async def stream(self, request: TranslationRequest) -> AsyncIterator[StreamEvent]:
        """The translation as it becomes certain; the texts of the events together are the whole output.

        Greedy decoding and sampling give tokens, beam search finished pieces. The last event has the result.
        """
        plan = await self._planner.plan(request)
        reverse = self._reverse(plan)
        calls = self._calls(request.timeout_s)
        judged: list[Judged] = []
        pieces = stream_pieces(plan, PieceGenerator(plan, calls, has_guard=self._has_guard), judged)
        try:
            async for event in pieces:
                yield event
        finally:
            await pieces.aclose()
        yield DoneEvent(await self._result(plan, judged, reverse, calls))

    async def align(self, request: AlignRequest) -> tuple[str, AlignmentResult]:
        """The id of the model that read it, and the alignment of a user's own pair."""
        check_unicode(request.source, "source")
        check_unicode(request.target, "target")
        selection = self._catalog.select(request.source_lang, request.target_lang, request.model)
        reverse = self._catalog.reverse(selection) if request.alignment == "symmetric" else None
        maps = await pair_map(request, selection, reverse, self._calls(request.timeout_s))
        aligner = TextAligner(
            request.source,
            request.target,
            config=selection.model.alignment,
            level=request.alignment,
            unit=request.offset_unit,
        )
        return selection.model.id, aligner.result(maps, max_values=self._max_alignment_values)

    async def detect(self, text: str) -> Detection:
        """The language of one text among those served; `und` with confidence 0 when it says nothing."""
        check_unicode(text, "text")
        if not self._detector.is_loaded:
            await asyncio.to_thread(self._detector.load)
        return self._detector.detect(text)

    def _calls(self, timeout_s: float | None) -> EngineCalls:
        return EngineCalls(timeout_s=timeout_s, max_concurrent=self._max_concurrent_pieces)

    def _reverse(self, plan: TranslationPlan) -> Selection | None:
        return self._catalog.reverse(plan.selection) if plan.request.alignment == "symmetric" else None

    async def _result(
        self,
        plan: TranslationPlan,
        judged: Sequence[Judged],
        reverse: Selection | None,
        calls: EngineCalls,
    ) -> TranslationResult:
        request = plan.request
        outputs = [item.output for item in judged]
        verdicts = [item.verdict for item in judged]
        best = assemble(plan, outputs)
        alignment, alignment_warnings = await self._alignment(plan, best, reverse, calls)
        reasons = {piece.finish_reason for piece in best.pieces}
        finish_reason: Literal["stop", "length"] = "length" if "length" in reasons else "stop"
        return TranslationResult(
            model=plan.selection.model.id,
            text=best.text,
            source_lang=plan.source_lang,
            target_lang=plan.selection.target_lang,
            detected=plan.detected,
            finish_reason=finish_reason,
            score=best.score,
            warnings=[
                *plan.warnings,
                *guard_warnings(verdicts, "Segment"),
                *piece_warnings(best.pieces),
                *alignment_warnings,
            ],
            segments=_segments(plan, best),
            alignment=alignment,
            alternatives=alternatives(plan, outputs, best),
            num_characters=len(request.text),
            num_prompt_tokens=sum(len(piece.source_ids) for piece in plan.pieces),
            num_generation_tokens=best.num_tokens,
            verdicts=[verdict for verdict in verdicts if verdict is not None],
        )

    async def _alignment(
        self, plan: TranslationPlan, output: AssembledText, reverse: Selection | None, calls: EngineCalls
    ) -> tuple[AlignmentResult | None, list[str]]:
        request = plan.request
        if request.alignment == "none":
            return None, []
        maps, warnings = await translation_maps(plan, output, reverse, calls)
        aligner = TextAligner(
            request.text,
            output.text,
            config=plan.selection.model.alignment,
            level=request.alignment,
            unit=request.offset_unit,
        )
        return aligner.result(maps, max_values=self._max_alignment_values), warnings


def _segments(plan: TranslationPlan, output: AssembledText) -> list[Segment]:
    source_units = OffsetConverter(plan.request.text, plan.request.offset_unit)
    target_units = OffsetConverter(output.text, plan.request.offset_unit)
    return [
        Segment(
            source=source_units.span(translated.piece.span),
            target=target_units.span(span),
            score=translated.hypothesis.score,
            finish_reason=translated.finish_reason,
        )
        for translated, span in zip(output.pieces, output.spans, strict=True)
    ]


def _languages_to_weigh(catalog: ModelCatalog) -> list[str]:
    """The source languages; with a single one the targets too, or its confidence would say nothing."""
    sources = catalog.source_languages()
    return sources if len(sources) > 1 else list(dict.fromkeys([*sources, *catalog.target_languages()]))
