"""A level of a summary as a pass: what a model is asked for, and what is found fault with in its answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.engine.request import FinishReason, GenerationParams
from service.pipeline.degeneration import Fault, is_loop
from service.pipeline.guard import second_params
from service.pipeline.part import Part, PartOutput, Reader
from service.pipeline.passes import Attempt, Pass
from service.pipeline.summarization.length import USUAL_MAX_TOKENS, LengthBounds, with_bounds
from service.pipeline.summarization.types import SummaryRequest
from service.pipeline.types import ServedModel


def summary_pass(
    request: SummaryRequest,
    model: ServedModel,
    chunks: Sequence[Part],
    bounds: Callable[[Part], LengthBounds],
    *,
    has_guard: bool,
) -> Pass:
    """What is asked for these chunks; with a guard, degenerate outputs are tried a second time."""
    reader = reader_of(request, model)
    return Pass(
        engine=model.engine,
        reader=reader,
        attempts=[Attempt(chunk, with_bounds(request.params, bounds(chunk))) for chunk in chunks],
        attention=model.alignment.selection if reader.with_spans else None,
        checks=(DegenerateSummary(reader, request.params),) if has_guard else (),
    )


def reader_of(request: SummaryRequest, model: ServedModel) -> Reader:
    """How the model reads the text, and the summaries of its parts."""
    return Reader(model.tokenizer, with_spans=request.alignment != "none")


@dataclass(frozen=True, slots=True)
class DegenerateSummary:
    """A loop, or nothing: to copy from its source is a summary's way. What was `given` stays."""

    reader: Reader
    given: GenerationParams

    def faults(self, output: PartOutput) -> Sequence[Fault]:
        """Of a summary."""
        hypothesis, part = output.hypothesis, output.part
        if not output.decoded:
            return [] if hypothesis.finish_reason is FinishReason.LENGTH else [Fault.TOO_SHORT]
        if is_loop(hypothesis.token_ids, self.reader.tokenizer.decode, part.ids, part.text):
            return [Fault.REPETITION]
        return []

    @property
    def num_tries(self) -> int:
        """One: with other decoding."""
        return 1

    def another(self, fault: Fault, attempt: Attempt, output: PartOutput) -> Attempt | None:
        """As for translations, but for the bounds: every request for a summary has some, `given` or not."""
        params = attempt.params
        if fault is not Fault.TOO_SHORT:
            changed = second_params(fault, params, len(attempt.part.ids))
            return None if changed is None else Attempt(attempt.part, changed)
        least = max((params.max_new_tokens or USUAL_MAX_TOKENS) // 4, 2)
        if self.given.min_new_tokens is not None or (params.min_new_tokens or 0) >= least:
            return None
        return Attempt(attempt.part, dataclasses.replace(params, min_new_tokens=least))
