"""One model's part in a translation; a text that goes through a third language takes two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from service.pipeline.assembly import AssembledText, TranslatedPiece, assemble, piece_warnings
from service.pipeline.guard import Judged, Verdict, guard_warnings
from service.pipeline.languages import language_name
from service.pipeline.offsets import OffsetConverter
from service.pipeline.planning import TranslationPlan
from service.pipeline.types import Segment


@dataclass(frozen=True, slots=True)
class Hop:
    """What was asked of a model, and what it answered."""

    plan: TranslationPlan
    judged: Sequence[Judged]
    output: AssembledText

    @classmethod
    def of(cls, plan: TranslationPlan, judged: Sequence[Judged]) -> Hop:
        """With the text put together."""
        return cls(plan, judged, assemble(plan, [item.output for item in judged]))

    @property
    def finish_reason(self) -> Literal["stop", "length"]:
        """Whether all of the text is whole."""
        return _finish_reason(self.output.pieces)

    @property
    def num_generation_tokens(self) -> int:
        """Tokens of the output, end tokens included."""
        return self.output.num_tokens

    @property
    def num_prompt_tokens(self) -> int:
        """Tokens of all pieces."""
        return sum(len(piece.source_ids) for piece in self.plan.pieces)

    @property
    def verdicts(self) -> list[Verdict]:
        """On the pieces that were at fault."""
        return [item.verdict for item in self.judged if item.verdict is not None]

    @property
    def warnings(self) -> list[str]:
        """What the person who reads the translation has to know about its pieces."""
        verdicts = [item.verdict for item in self.judged]
        return [*guard_warnings(verdicts, "Segment"), *piece_warnings(self.output.pieces)]

    @property
    def segments(self) -> list[Segment]:
        """The pieces, in the unit that was asked for."""
        unit = self.plan.request.offset_unit
        source_units = OffsetConverter(self.plan.request.text, unit)
        target_units = OffsetConverter(self.output.text, unit)
        return [
            Segment(
                source=source_units.span(translated.piece.span),
                target=target_units.span(span),
                score=translated.hypothesis.score,
                finish_reason=translated.finish_reason,
            )
            for translated, span in zip(self.output.pieces, self.output.spans, strict=True)
        ]


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


def _in_step(hop: Hop, warnings: Sequence[str]) -> list[str]:
    selection = hop.plan.selection
    step = f"{language_name(selection.source_lang)} to {language_name(selection.target_lang)}"
    return [f"{step}: {warning}" for warning in warnings]


def _finish_reason(pieces: Sequence[TranslatedPiece]) -> Literal["stop", "length"]:
    return "length" if any(piece.finish_reason == "length" for piece in pieces) else "stop"
