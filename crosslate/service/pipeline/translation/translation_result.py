"""The answer for a text, of what its models made of it."""

from __future__ import annotations

from collections.abc import Sequence

from crosslate.service.pipeline.alignment.align import Links
from crosslate.service.pipeline.alignment.alignment_result import alignment_result
from crosslate.service.pipeline.engines.catalog import Selection
from crosslate.service.pipeline.language.scripts import written_lang
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.passes.joined import Joined
from crosslate.service.pipeline.text.offsets import OffsetConverter
from crosslate.service.pipeline.translation.hop import Hop, warnings_of
from crosslate.service.pipeline.translation.placed_terms import placed_terms, term_notices
from crosslate.service.pipeline.types import AlignmentResult, Segment, TranslationResult


def translation_result(
    hops: Sequence[Hop],
    segments: list[Segment],
    links: Links | None,
    warnings_of_links: Sequence[Notice],
    beside: Sequence[TranslationResult],
    *,
    reverses: Sequence[Selection | None],
) -> TranslationResult:
    """All that is told of it.

    Args:
        hops: one for each model that it went through.
        segments: its parts, in the unit of the request.
        links: where anyone needed them.
        warnings_of_links: what came up when these were made.
        beside: translations of its attributes, which count as its own.
        reverses: for each model what linked the other way, where both ways were asked for.
    """
    first, last = hops[0].plan, hops[-1]
    outputs = [hop.output for hop in hops]
    counted: list[Joined | TranslationResult] = [*outputs, *beside]
    terms = placed_terms(hops) if first.request.has_terms else None
    notices = [*warnings_of(hops), *warnings_of_links, *term_notices(terms or ())]
    if notices or terms:
        unit = first.request.offset_unit
        source, target = OffsetConverter(first.request.text, unit), OffsetConverter(last.output.text, unit)
        notices = [notice.placed(source.span, target.span) for notice in notices]
        terms = terms and [term.placed(source.span, target.span) for term in terms]
    return TranslationResult(
        model=" + ".join(hop.plan.selection.model.id for hop in hops),
        text=last.output.text,
        source_lang=first.source_lang,
        target_lang=written_lang(first.request.target_lang, last.plan.selection.target_lang),
        detected=first.detected,
        finish_reason="length" if any(output.finish_reason == "length" for output in outputs) else "stop",
        score=last.output.score,
        warnings=notices,
        segments=segments,
        alignment=None if links is None else _alignment(hops, links, reverses),
        alternatives=last.alternatives,
        num_characters=len(first.request.text),
        num_prompt_tokens=sum(one.num_prompt_tokens for one in counted),
        num_generation_tokens=sum(one.num_generation_tokens for one in counted),
        verdicts=[verdict for one in counted for verdict in one.verdicts],
        terms=terms,
    )


def _alignment(
    hops: Sequence[Hop], links: Links, reverses: Sequence[Selection | None]
) -> AlignmentResult | None:
    """As the answer shows the links, where it does."""
    request, last = hops[0].plan.request, hops[-1].plan
    if request.alignment == "none":
        return None
    return alignment_result(
        links,
        request.text,
        hops[-1].output.text,
        config=last.selection.model.alignment,
        level=request.alignment,
        unit=request.offset_unit,
        reverses=reverses,
        hard=request.hard_links,
        pivot=None if len(hops) == 1 else last.source_lang,
    )
