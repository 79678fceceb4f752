"""A text that goes through a third language: its second half."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from service.pipeline.hop import Hop
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
            source = prepare(whole.part(start, end), selection.model.substitutes)
            found, _ = split_part(make_part(source, reader, selection), reader, selection)
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
