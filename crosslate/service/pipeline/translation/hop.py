"""One model's part in a translation; a text that goes through a third language takes two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crosslate.service.pipeline.language.languages import language_name
from crosslate.service.pipeline.notices import Notice
from crosslate.service.pipeline.parts.part import PartOutput
from crosslate.service.pipeline.passes.joined import Joined, join
from crosslate.service.pipeline.translation.planning import TranslationPlan
from crosslate.service.pipeline.translation.survival import loss_notices
from crosslate.service.pipeline.translation.translation_pass import gap_of
from crosslate.service.pipeline.types import Alternative

_AT_MARKS = re.compile(r" ?([^\w\s]) ?")


@dataclass(frozen=True, slots=True)
class Hop:
    """What was asked of a model, and what it answered."""

    plan: TranslationPlan
    output: Joined

    @property
    def warnings(self) -> list[Notice]:
        """What the person who reads the translation has to know about its segments."""
        placed = list(zip(self.output.outputs, self.output.spans, strict=True))
        found = [
            Notice("degenerate", verdict.warning(f"Segment {number}"), output.part.span, span)
            for number, (output, span) in enumerate(placed, start=1)
            for verdict in output.verdicts
            if verdict.is_told
        ]
        for number, (output, span) in enumerate(placed, start=1):
            source = output.part.span
            if output.finish_reason == "length":
                said = f"Segment {number} reached the limit of output tokens ({output.num_tokens}); "
                found.append(Notice("truncated", said + "its translation is cut there.", source, span))
            elif not output.text:
                said = f"Segment {number} has an empty translation."
                found.append(Notice("empty_output", said, source, span))
            if output.guessed:
                said = (
                    f"Segment {number} has {len(output.guessed)} mark(s) whose place in its translation is a "
                    "guess: no word of it is clearly the translation of theirs."
                )
                found.append(Notice("tag_misplaced", said, output.guessed[0], span))
            found += loss_notices(output, number, span)
        return found

    @property
    def alternatives(self) -> list[Alternative]:
        """Other whole texts: the k-th takes every part's k-th best translation. Equal texts only once.

        One that differs by a blank beside a mark alone, such as `dorme .`, is no other translation.
        """
        if not self.plan.request.num_alternatives:
            return []
        seen = {_without_blanks_at_marks(self.output.text)}
        found: list[Alternative] = []
        for rank in range(1, self.plan.request.num_alternatives + 1):
            candidate = join([_ranked(output, rank) for output in self.output.outputs], gap_of(self.plan))
            if (wording := _without_blanks_at_marks(candidate.text)) not in seen:
                seen.add(wording)
                found.append(Alternative(candidate.text, candidate.score))
        return found


def warnings_of(hops: Sequence[Hop]) -> list[Notice]:
    """What to say about a translation; where it took two hops, with the languages that each is about."""
    first, *rest = hops
    if not rest:
        return [*first.plan.warnings, *first.warnings]
    said = [*first.plan.warnings, *_in_step(first, first.warnings, has_target=False)]
    for hop in rest:
        said += _in_step(hop, [*hop.plan.warnings, *hop.warnings], has_source=False)
    return said


def _without_blanks_at_marks(text: str) -> str:
    """The same for texts that read the same; a blank between two words makes others of them (`por que`)."""
    return _AT_MARKS.sub(r"\1", " ".join(text.split()))


def _ranked(output: PartOutput, rank: int) -> PartOutput:
    """Of this rank, or the last one where there are fewer."""
    outputs = (output, *output.others)
    return outputs[min(rank, len(outputs) - 1)]


def _in_step(
    hop: Hop, warnings: Sequence[Notice], *, has_source: bool = True, has_target: bool = True
) -> list[Notice]:
    """Without the places in the text between, which nobody sees."""
    selection = hop.plan.selection
    step = f"{language_name(selection.source_lang)} to {language_name(selection.target_lang)}"
    return [
        Notice(
            warning.code,
            f"{step}: {warning.message}",
            warning.source if has_source else None,
            warning.target if has_target else None,
        )
        for warning in warnings
    ]
