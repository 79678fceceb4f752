"""One model's part in a translation; a text that goes through a third language takes two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.pipeline.joined import Joined, join, verdict_warnings
from service.pipeline.languages import language_name
from service.pipeline.part import PartOutput
from service.pipeline.planning import TranslationPlan
from service.pipeline.translation_pass import gap_of
from service.pipeline.types import Alternative


@dataclass(frozen=True, slots=True)
class Hop:
    """What was asked of a model, and what it answered."""

    plan: TranslationPlan
    output: Joined

    @property
    def warnings(self) -> list[str]:
        """What the person who reads the translation has to know about its segments."""
        found = verdict_warnings(self.output.outputs, "Segment")
        for number, output in enumerate(self.output.outputs, start=1):
            if output.finish_reason == "length":
                found.append(
                    f"Segment {number} reached the limit of output tokens ({output.num_tokens}); "
                    "its translation is cut there."
                )
            elif not output.text:
                found.append(f"Segment {number} has an empty translation.")
            if output.guessed:
                found.append(
                    f"Segment {number} has {len(output.guessed)} mark(s) whose place in its translation is a "
                    "guess: no word of it is clearly the translation of theirs."
                )
        return found

    @property
    def alternatives(self) -> list[Alternative]:
        """Other whole texts: the k-th takes every part's k-th best translation. Equal texts only once."""
        seen = {self.output.text}
        found: list[Alternative] = []
        for rank in range(1, self.plan.request.num_alternatives + 1):
            candidate = join([_ranked(output, rank) for output in self.output.outputs], gap_of(self.plan))
            if candidate.text not in seen:
                seen.add(candidate.text)
                found.append(Alternative(candidate.text, candidate.score))
        return found


def warnings_of(hops: Sequence[Hop]) -> list[str]:
    """What to say about a translation; where it took two hops, with the languages that each is about."""
    first, *rest = hops
    if not rest:
        return [*first.plan.warnings, *first.warnings]
    return [
        *first.plan.warnings,
        *_in_step(first, first.warnings),
        *(line for hop in rest for line in _in_step(hop, [*hop.plan.warnings, *hop.warnings])),
    ]


def _ranked(output: PartOutput, rank: int) -> PartOutput:
    """Of this rank, or the last one where there are fewer."""
    outputs = (output, *output.others)
    return outputs[min(rank, len(outputs) - 1)]


def _in_step(hop: Hop, warnings: Sequence[str]) -> list[str]:
    selection = hop.plan.selection
    step = f"{language_name(selection.source_lang)} to {language_name(selection.target_lang)}"
    return [f"{step}: {warning}" for warning in warnings]
