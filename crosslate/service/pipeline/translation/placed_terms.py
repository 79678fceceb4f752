"""What an answer says of a glossary's terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crosslate.service.pipeline.glossary.terms import PlacedTerm, Reason
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.parts.part import PartOutput
from crosslate.service.pipeline.translation.hop import Hop

_WHY: dict[Reason, str] = {
    "inflected": "it stands there in a form for which the form of its translation is not known",
    "not_linked": "no word of the translation is clearly the translation of it",
    "overlapping": "the translation of another term stands where its own would be",
}


def placed_terms(hops: Sequence[Hop]) -> list[PlacedTerm]:
    """What became of each term of a text, in order; places in code points."""
    request, last = hops[0].plan.request, hops[-1].output
    text = request.text
    found = [
        placed
        for output, (start, _) in zip(last.outputs, last.spans, strict=True)
        if output.terms
        for placed in _of_output(output, text, start)
    ]
    if len(hops) > 1:  # some may have got lost on the way
        placed = {one.source_span for one in found}
        terms = {term.sent: term for output in hops[0].output.outputs for term in output.part.terms}
        found += [
            PlacedTerm(text[slice(*sent)], term.forms.listed[0], sent, None, "not_linked")
            for sent, term in terms.items()
            if sent not in placed
        ]
    there = {one.source_span for one in found}
    found += [  # a phrase that no sentence has whole
        PlacedTerm(text[slice(*span)], one.target, span, None, "not_linked")
        for one in request.phrases
        if (span := one.without_blanks(text)) not in there
    ]
    return sorted(found, key=lambda one: one.source_span)


def _of_output(output: PartOutput, text: str, start: int) -> Iterator[PlacedTerm]:
    """Of one part, whose answer begins at `start` in the whole one."""
    back = output.answer.origin.inverted(len(output.decoded))
    for one in output.terms:
        sent = one.term.sent
        if one.written is None:
            yield PlacedTerm(text[slice(*sent)], one.term.forms.listed[0], sent, None, one.reason)
            continue
        first, last = back.span(one.written)
        written = output.text[first:last]
        yield PlacedTerm(text[slice(*sent)], written, sent, (start + first, start + last))


def term_notices(terms: Sequence[PlacedTerm]) -> list[Notice]:
    """What of a glossary is not in the translation."""
    return [
        Notice(
            "glossary_not_applied",
            f"The term at this place is not translated as the glossary has it: {_WHY[one.reason]}.",
            one.source_span,
        )
        for one in terms
        if one.reason is not None
    ]
