"""The attributes of a marked-up text that are texts: translated before it, each as a text of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from crosslate.service.pipeline.markup.attributes import Attribute, attributes_of
from crosslate.service.pipeline.markup.options import NO_OPTIONS
from crosslate.service.pipeline.markup.rewrites import Rewrites
from crosslate.service.pipeline.translation.planning import TranslationPlan
from crosslate.service.pipeline.types import TranslationRequest, TranslationResult

_OF_THE_WHOLE = frozenset({"low_confidence_language", "option_ignored", "pivoted", "source_language_differs"})
"""Codes of what is said of the text that they stand in."""


def attributes_to_translate(plan: TranslationPlan) -> list[Attribute]:
    """Those of a planned text; none where it is to stay as it is."""
    request = plan.request
    match request.text_format:
        case "html" | "xml" as markup if not plan.is_kept:
            return attributes_of(request.text, markup, request.markup)
        case _:
            return []


def attribute_request(plan: TranslationPlan, text: str) -> TranslationRequest:
    """One of them as a text, in the language of the text that it stands in."""
    return dataclasses.replace(
        plan.request,
        text=text,
        source_lang=plan.source_lang,
        text_format="text",
        markup=NO_OPTIONS,
        alignment="none",
        offset_unit="codepoint",
        num_alternatives=0,
    )


def with_translated(
    plan: TranslationPlan, attributes: list[Attribute], answers: Mapping[str, TranslationResult]
) -> TranslationPlan:
    """The plan of a text that is copied with these translations, and says what there is to say of them.

    Args:
        plan: of the text that they stand in.
        attributes: of the text, in order.
        answers: of each attribute's text.
    """
    if not attributes:
        return plan
    edits = tuple((one.span, one.written(answers[one.text].text)) for one in attributes)
    notices = [
        dataclasses.replace(notice, source=one.span, target=None)
        for one in attributes
        for notice in answers[one.text].warnings
        if notice.code not in _OF_THE_WHOLE
    ]
    amounts = plan.request.rewrites.edits
    rewrites = Rewrites(tuple(sorted((*edits, *amounts))))
    return dataclasses.replace(
        plan,
        request=dataclasses.replace(plan.request, rewrites=rewrites),
        parts=[part.rewritten(plan.request.text, rewrites) for part in plan.parts],
        warnings=[*plan.warnings, *notices],
    )
