"""A text that goes through a third language: its second half."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from crosslate.service.pipeline.glossary.terms import FindTerms, Term
from crosslate.service.pipeline.layout.reading import read_translation
from crosslate.service.pipeline.markup.rewrites import AS_SENT
from crosslate.service.pipeline.parts.character_notices import unknown_warnings
from crosslate.service.pipeline.parts.part import Part
from crosslate.service.pipeline.parts.part_making import PartMaker
from crosslate.service.pipeline.text.origin import DerivedText, OriginMap
from crosslate.service.pipeline.text.passages import Passage
from crosslate.service.pipeline.translation.hop import Hop
from crosslate.service.pipeline.translation.planning import TranslationPlan, patterns_of, reader_of


@dataclasses.dataclass(frozen=True, slots=True)
class OnwardPlan:
    """What is left to do once a text is in the language between."""

    first: Hop
    plan: TranslationPlan
    owners: Sequence[int]
    """For each part the part of the first half that it is, or is a part of."""


def plan_onward(first: Hop) -> OnwardPlan:
    """The translations of the first half's parts are the second half's parts; what has no words stays."""
    selection = first.plan.onward
    if selection is None:
        raise ValueError("the plan ends with its first model")
    reader = reader_of(selection, with_spans=first.plan.request.needs_links)
    text = first.output.text
    request = first.plan.request
    terms = _carried_terms(first)
    maker = PartMaker(selection, reader, text, patterns_of(request), terms, request.target_lang)
    whole = DerivedText.of(text)
    parts: list[Part] = []
    owners: list[int] = []
    for owner, (start, end) in enumerate(first.output.spans):
        if any(map(str.isalnum, text[start:end])):
            for passage in _passages(first, owner, whole):
                draft = maker.whole(passage)
                part = maker.part(draft)
                found = [] if part is None else maker.split(draft, part)[0]
                parts += found
                owners += [owner] * len(found)
    plan = TranslationPlan(
        request=dataclasses.replace(first.plan.request, text=text, rewrites=AS_SENT),
        selection=selection,
        source_lang=selection.source_lang,
        detected=None,
        parts=parts,
        warnings=unknown_warnings(parts, reader),
    )
    return OnwardPlan(first, plan, owners)


def _carried_terms(first: Hop) -> FindTerms | None:
    """The terms of the glossary where the first model's output has them, in whatever words."""
    if not first.plan.request.has_terms:
        return None
    text, terms = OriginMap.of(first.output.text), list[Term]()
    for output, span in zip(first.output.outputs, first.output.spans, strict=True):
        place = output.places(text.part(*span)) if output.terms else None
        for one in output.terms:
            written = one.written or one.counterpart
            if place is not None and written is not None:
                terms.append(dataclasses.replace(one.term, source=place.span(written)))

    def within(given: DerivedText, words: str) -> list[Term]:
        start, end = given.span
        return [term for term in terms if start <= term.source[0] and term.source[1] <= end]

    return within


def _passages(first: Hop, owner: int, whole: DerivedText) -> list[Passage]:
    """What the second model is to read of the first one's output for a part: without its layout."""
    answered, layout = whole.part(*first.output.spans[owner]), first.output.outputs[owner].part.layout
    if layout.is_empty:
        return [Passage(text=answered)]
    return read_translation(answered, layout, first.plan.request)
