"""A text that goes through a third language: its second half."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from service.pipeline.catalog import Selection
from service.pipeline.hop import Hop
from service.pipeline.layout.reading import read_translation
from service.pipeline.layout.restoring import NO_LAYOUT, Layout, part_of
from service.pipeline.origin import DerivedText
from service.pipeline.part import Part
from service.pipeline.planning import TranslationPlan, make_part, reader_of, split_part, unknown_warnings
from service.pipeline.prepare import prepare


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
    whole = DerivedText.of(text)
    parts: list[Part] = []
    owners: list[int] = []
    for owner, (start, end) in enumerate(first.output.spans):
        if any(map(str.isalnum, text[start:end])):
            for source, layout in _sources(first, owner, whole, selection):
                found, _ = split_part(make_part(source, reader, selection, layout), reader, selection)
                parts += found
                owners += [owner] * len(found)
    plan = TranslationPlan(
        request=dataclasses.replace(first.plan.request, text=text),
        selection=selection,
        source_lang=selection.source_lang,
        detected=None,
        parts=parts,
        warnings=unknown_warnings(parts, reader),
    )
    return OnwardPlan(first, plan, owners)


def _sources(
    first: Hop, owner: int, whole: DerivedText, selection: Selection
) -> Iterator[tuple[DerivedText, Layout]]:
    """What the second model is to read of the first one's output for a part: without its layout."""
    answered, layout = whole.part(*first.output.spans[owner]), first.output.outputs[owner].part.layout
    substitutes = selection.model.substitutes
    if layout.is_empty:
        yield prepare(answered, substitutes), NO_LAYOUT
        return
    for passage in read_translation(answered, layout.gaps, first.plan.request.text_format):
        read = dataclasses.replace(passage, text=prepare(passage.text, substitutes))
        yield part_of(read, 0, len(read.text.text))
