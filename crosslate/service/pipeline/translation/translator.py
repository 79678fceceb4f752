"""Text in, text out: the pipeline from a request's text to its translation, its spans and its alignment."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

from crosslate.service.pipeline.alignment.align import Links, TextAligner
from crosslate.service.pipeline.alignment.alignment_result import alignment_result
from crosslate.service.pipeline.alignment.limits import MAX_ALIGNMENT_VALUES
from crosslate.service.pipeline.alignment.matrix_size import (
    WITH_MATRIX,
    MatrixBudget,
    num_values,
)
from crosslate.service.pipeline.alignment.render import check_drawable
from crosslate.service.pipeline.alignment.token_maps import PartMap, compose_maps
from crosslate.service.pipeline.engines.catalog import ModelCatalog, Selection, check_length
from crosslate.service.pipeline.engines.engine_calls import MAX_PARTS, EngineCalls
from crosslate.service.pipeline.language.detected import Detection
from crosslate.service.pipeline.language.detection import LanguageDetector
from crosslate.service.pipeline.layout.reading import words_of
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.parts.part import PartOutput
from crosslate.service.pipeline.text.offsets import OffsetConverter
from crosslate.service.pipeline.text.surrogates import check_unicode
from crosslate.service.pipeline.text.text_worker import TextWorker
from crosslate.service.pipeline.translation.attribute_texts import (
    attribute_request,
    attributes_to_translate,
    with_translated,
)
from crosslate.service.pipeline.translation.expected_matrices import expected_values
from crosslate.service.pipeline.translation.hop import Hop
from crosslate.service.pipeline.translation.part_maps import pair_map, translation_maps
from crosslate.service.pipeline.translation.pivot import OnwardPlan, plan_onward
from crosslate.service.pipeline.translation.planning import Planner, TranslationPlan
from crosslate.service.pipeline.translation.telling import Telling, joiner_of
from crosslate.service.pipeline.translation.translation_pass import translation_pass
from crosslate.service.pipeline.translation.translation_result import translation_result
from crosslate.service.pipeline.types import (
    UNLIMITED,
    AlignmentResult,
    AlignRequest,
    Allowance,
    DoneEvent,
    StreamEvent,
    TranslationRequest,
    TranslationResult,
)


@dataclass(frozen=True, slots=True)
class _Work:
    """One text of an HTTP request, and what it shares with the others."""

    plan: TranslationPlan
    reverses: Sequence[Selection | None]
    calls: EngineCalls
    budget: MatrixBudget
    beside: Sequence[TranslationResult] = ()
    """Of attributes of the text, which have been translated."""


class Translator:
    """Translates and aligns texts with the models of a catalog. Raises `ServiceError`s only.

    Args:
        catalog: the models that are served.
        detector: weighs the served languages; by default made from the catalog.
        worker: where work on texts runs; by default its own. Who shares one takes turns together.
        max_concurrent_pieces: how many pieces of one HTTP request may be at the engines at once.
        max_alignment_values: of all alignment matrices of one HTTP request; more are refused.
        has_guard: try pieces whose translation is degenerate a second time, see `guard`.
        min_confidence: a language that is detected with less is said to be uncertain.
        protect: patterns of what is not translated in any text.
    """

    def __init__(
        self,
        catalog: ModelCatalog,
        detector: LanguageDetector | None = None,
        worker: TextWorker | None = None,
        *,
        max_concurrent_pieces: int = MAX_PARTS,
        max_alignment_values: int = MAX_ALIGNMENT_VALUES,
        has_guard: bool = True,
        min_confidence: float = 0.65,
        protect: tuple[str, ...] = (),
    ) -> None:
        self._catalog = catalog
        self.detector = detector or LanguageDetector(catalog.languages())
        self._worker = worker or TextWorker()
        self._planner = Planner(catalog, self.detector, min_confidence, self._worker, protect)
        self._max_concurrent_pieces = max_concurrent_pieces
        self._max_alignment_values = max_alignment_values
        self._has_guard = has_guard

    async def translate(
        self, request: TranslationRequest, allowance: Allowance = UNLIMITED
    ) -> TranslationResult:
        """The whole translation of one text."""
        return (await self.translate_all([request], allowance))[0]

    async def translate_all(
        self, requests: Sequence[TranslationRequest], allowance: Allowance = UNLIMITED
    ) -> list[TranslationResult]:
        """The whole translations of the texts of one HTTP request, one or more.

        All are planned first: what can be refused is refused before an engine is asked. They share one
        admission, one time limit and one share of the engines.
        """
        works = await self._begin(requests, allowance)
        if len(works) == 1:  # most requests are: nothing runs beside it
            return [await self._translate(works[0])]
        return await works[0].calls.run_texts(self._translate(work) for work in works)

    async def _translate(self, work: _Work) -> TranslationResult:
        telling = await self._telling(work)
        await telling.run_whole(work.calls)
        return await self._result(work, telling)

    async def stream(
        self, request: TranslationRequest, allowance: Allowance = UNLIMITED
    ) -> AsyncGenerator[StreamEvent, None]:
        """The translation as it becomes certain; the texts of the events together are the whole output.

        Greedy decoding and sampling give tokens, beam search finished segments. The last event has the
        result. A text that goes through a third language is streamed once it is in that language.
        """
        (work,) = await self._begin([request], allowance)
        telling = await self._telling(work)
        async with aclosing(telling.run(work.calls)) as items:
            async for number, item in items:
                for event in telling.take(number, item):
                    yield event
        for event in telling.finish():
            yield event
        yield DoneEvent(await self._result(work, telling))

    async def _telling(self, work: _Work) -> Telling:
        """What the last model on the way is to be asked for; all before it is done here."""
        request, onward = work.plan.request, await self._onward(work)
        make_units = partial(OffsetConverter, request.text, request.offset_unit)
        units = await self._worker.run(len(request.text), make_units)
        return Telling(work.plan, onward, units, has_guard=self._has_guard)

    async def _result(self, work: _Work, told: Telling) -> TranslationResult:
        hops = told.hops
        links, warnings = await self._links(hops, told.onward, work)
        result = partial(
            translation_result, hops, told.segments, links, warnings, work.beside, reverses=work.reverses
        )
        num_weights = 0 if links is None else _num_weights(links.parts)
        return await self._worker.run(len(work.plan.request.text) + num_weights, result)

    async def align(
        self, request: AlignRequest, allowance: Allowance = UNLIMITED
    ) -> tuple[str, AlignmentResult]:
        """The id of the model that read it, and the alignment of a user's own pair."""
        check_unicode(request.source, "source")
        check_unicode(request.target, "target")
        selection = self._catalog.select(request.source_lang, request.target_lang, request.model)
        reverse = self._catalog.reverse(selection) if request.alignment == "symmetric" else None
        calls = EngineCalls(allowance, max_parts=self._max_concurrent_pieces)
        budget = MatrixBudget(self._max_alignment_values)
        num_characters = len(request.source) + len(request.target)
        source, target, config = request.source, request.target, selection.model.alignment
        make_aligner = partial(TextAligner, source, target, config, hard=request.hard_links)
        aligner = await self._worker.run(num_characters, make_aligner)
        if request.is_drawn and request.alignment not in WITH_MATRIX:
            check_drawable(*aligner.num_words, "words")
        maps = await pair_map(request, selection, reverse, calls, budget=budget, worker=self._worker)
        work = num_characters + _num_weights(maps)

        def result() -> AlignmentResult:
            links = aligner.links(maps, max_word_pairs=self._max_alignment_values)
            return alignment_result(
                links,
                source,
                target,
                config=config,
                level=request.alignment,
                unit=request.offset_unit,
                reverses=[reverse],
                hard=request.hard_links,
            )

        return selection.model.id, await self._worker.run(work, result)

    async def detect(self, text: str) -> Detection:
        """The language of one text, served or not; `und` with confidence 0 when it says nothing."""
        check_unicode(text, "text")
        return (await self._planner.read(text)).best

    async def _begin(self, requests: Sequence[TranslationRequest], allowance: Allowance) -> list[_Work]:
        """All texts of an HTTP request, planned."""
        calls = EngineCalls(allowance, max_parts=self._max_concurrent_pieces)
        budget = MatrixBudget(self._max_alignment_values)
        works = [await self._work(request, calls, budget) for request in requests]
        if any(request.markup.attributes for request in requests):
            works = await self._with_attributes(works, calls)
        budget.foresee(expected_values(work.plan for work in works))
        return works

    async def _work(self, request: TranslationRequest, calls: EngineCalls, budget: MatrixBudget) -> _Work:
        plan = await self._planner.plan(request)
        for selection in (plan.selection, plan.onward):
            if selection is not None:
                check_length(selection.model, request.params)
        calls.expect(len(plan.parts))
        return _Work(plan, self._reverses(plan), calls, budget)

    async def _with_attributes(self, works: Sequence[_Work], calls: EngineCalls) -> list[_Work]:
        """The same with the attributes translated that are to be: those of all texts together, each once."""
        found = [attributes_to_translate(work.plan) for work in works]
        asked = {
            (number, one.text): attribute_request(work.plan, one.text)
            for number, (work, attributes) in enumerate(zip(works, found, strict=True))
            for one in attributes
        }
        planned = [await self._work(request, calls, works[0].budget) for request in asked.values()]
        answers = await calls.run_texts(self._translate(work) for work in planned)
        by_text = dict(zip(asked, answers, strict=True))
        whole: list[_Work] = []
        for number, (work, attributes) in enumerate(zip(works, found, strict=True)):
            mine = {one.text: by_text[number, one.text] for one in attributes}
            plan = with_translated(work.plan, attributes, mine)
            whole.append(replace(work, plan=plan, beside=tuple(mine.values())))
        return whole

    def _reverses(self, plan: TranslationPlan) -> list[Selection | None]:
        """For each model on the way the one for the opposite direction, where both are wanted."""
        selections = [plan.selection] if plan.onward is None else [plan.selection, plan.onward]
        is_symmetric = plan.request.alignment == "symmetric"
        return [self._catalog.reverse(s) if is_symmetric else None for s in selections]

    async def _onward(self, work: _Work) -> OnwardPlan | None:
        """What is left to do after the first model, where there are two: its part is done here."""
        if work.plan.onward is None:
            return None
        joiner = joiner_of(work.plan)
        translating = translation_pass(work.plan, has_guard=self._has_guard)

        def take(number: int, item: str | PartOutput | Exception) -> None:
            for _ in joiner.feed(number, item):
                pass

        await translating.run_whole(work.calls, take)
        joiner.finish()
        first = Hop(work.plan, joiner.result)
        onward = await self._worker.run(len(first.output.text), partial(plan_onward, first))
        work.calls.expect(len(onward.plan.parts))
        return onward

    async def _links(
        self, hops: Sequence[Hop], onward: OnwardPlan | None, work: _Work
    ) -> tuple[Links | None, list[Notice]]:
        """Between the text that was sent and the final one, where anyone needs them; and warnings."""
        request, last = hops[0].plan.request, hops[-1]
        if not request.needs_links:
            return None, []
        read = [
            await translation_maps(hop, reverse, work.calls, self._worker)
            for hop, reverse in zip(hops, work.reverses, strict=True)
        ]

        def links() -> Links:
            maps = read[0][0] if onward is None else compose_maps(read[0][0], read[1][0], onward.owners)
            if request.alignment in WITH_MATRIX:
                work.budget.take(num_values(maps))
            words = words_of(request.text, request), words_of(last.output.text, request)
            config = last.plan.selection.model.alignment
            aligner = TextAligner(request.text, last.output.text, config, words, request.hard_links)
            return aligner.links(maps, max_word_pairs=self._max_alignment_values)

        num_characters = len(request.text) + sum(_num_weights(maps) for maps, _ in read)
        found = await self._worker.run(num_characters, links)
        return found, [warning for _, warnings in read for warning in warnings]


def _num_weights(maps: Sequence[PartMap]) -> int:
    """Weights to be read, as work: a hundred of them take the time of a character."""
    return sum(piece.attention.size for piece in maps) // 100
