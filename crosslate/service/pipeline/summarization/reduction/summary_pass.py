"""A level of a summary as a pass: what a model is asked for, and what is found fault with in its answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from crosslate.models.engine.request import FinishReason, GenerationParams, SentenceStop
from crosslate.service.pipeline.degeneration.faults import Fault, is_loop
from crosslate.service.pipeline.degeneration.guard import second_params
from crosslate.service.pipeline.engines.served_model import ServedModel
from crosslate.service.pipeline.parts.part import Part, PartOutput, Reader
from crosslate.service.pipeline.passes.passes import Attempt, Check, Pass
from crosslate.service.pipeline.sentences.splitting import sentence_spans
from crosslate.service.pipeline.summarization.length import (
    USUAL_MAX_TOKENS,
    LengthBounds,
    reserve_of,
    with_bounds,
)
from crosslate.service.pipeline.summarization.reduction.mending import Evidence
from crosslate.service.pipeline.summarization.types import SummaryRequest

_LEAST_BEAMS, _MOST_BEAMS = 4, 8
"""Of a second try at a chunk whose summary has facts of its own."""


def summary_pass(
    request: SummaryRequest,
    model: ServedModel,
    chunks: Sequence[Part],
    bounds: Callable[[Part], LengthBounds],
    *,
    evidence: Evidence | None,
) -> Pass:
    """What is asked for these chunks.

    Outputs that are degenerate, or have facts of their own by the `evidence`, are tried a second time;
    without it they are taken as they come.
    """
    reader = reader_of(request, model)
    usual_beams = model.default_params.num_beams or 1
    checks: tuple[Check, ...] = ()
    if evidence is not None:
        facts = UnsupportedFacts(evidence, request.params, usual_beams)
        checks = (DegenerateSummary(reader, request.params), facts)
    return Pass(
        engine=model.engine,
        reader=reader,
        attempts=[_attempt(request, model, chunk, bounds(chunk)) for chunk in chunks],
        attention=model.alignment.selection if reader.with_spans else None,
        checks=checks,
    )


def _attempt(request: SummaryRequest, model: ServedModel, chunk: Part, bounds: LengthBounds) -> Attempt:
    """With room to end the last sentence, unless the caller says how many tokens there are to be."""
    if request.params.max_new_tokens is not None or not model.sentence_marks:
        return Attempt(chunk, with_bounds(request.params, bounds))
    stop = SentenceStop(bounds.max_tokens, model.sentence_marks)
    longest = bounds.max_tokens + reserve_of(bounds.max_tokens)
    roomy = dataclasses.replace(bounds, max_tokens=longest)
    return Attempt(chunk, with_bounds(request.params, roomy), stop=stop)


def reader_of(request: SummaryRequest, model: ServedModel) -> Reader:
    """How the model reads the text, and the summaries of its parts."""
    return Reader(model.tokenizer, with_spans=request.alignment != "none")


@dataclass(frozen=True, slots=True)
class DegenerateSummary:
    """A loop, or nothing: to copy from its source is a summary's way. What was `given` stays."""

    reader: Reader
    given: GenerationParams
    num_tries: ClassVar[int] = 1
    """With other decoding."""

    def faults(self, output: PartOutput) -> Sequence[Fault]:
        """Of a summary."""
        hypothesis, part = output.hypothesis, output.part
        if not output.decoded:
            return [] if hypothesis.finish_reason is FinishReason.LENGTH else [Fault.TOO_SHORT]
        if is_loop(hypothesis.token_ids, self.reader.tokenizer.decode, part.ids, part.text):
            return [Fault.REPETITION]
        return []

    def another(self, fault: Fault, attempt: Attempt, output: PartOutput) -> Attempt | None:
        """As for translations, but for the bounds: every request for a summary has some, `given` or not."""
        params = attempt.params
        if fault is not Fault.TOO_SHORT:
            changed = second_params(fault, params, len(attempt.part.ids))
            return None if changed is None else dataclasses.replace(attempt, params=changed)
        least = max((params.max_new_tokens or USUAL_MAX_TOKENS) // 4, 2)
        if self.given.min_new_tokens is not None or (params.min_new_tokens or 0) >= least:
            return None
        return dataclasses.replace(attempt, params=dataclasses.replace(params, min_new_tokens=least))


@dataclass(frozen=True, slots=True)
class UnsupportedFacts:
    """Numbers, names and measures that the text does not have: a wider search may find what it does have."""

    evidence: Evidence
    given: GenerationParams
    usual_beams: int
    num_tries: ClassVar[int] = 1

    def faults(self, output: PartOutput) -> Sequence[Fault]:
        """One for each of them."""
        source, written = self.evidence.of(output.part.text), output.decoded
        spans = list(sentence_spans(written, self.evidence.lang))
        return [Fault.UNSUPPORTED] * source.num_unsupported(written, spans)

    def another(self, fault: Fault, attempt: Attempt, output: PartOutput) -> Attempt | None:
        """With more beams, unless the request says how many, or draws its tokens."""
        if self.given.num_beams is not None or attempt.params.do_sample:
            return None
        wider = min(max(2 * self.usual_beams, _LEAST_BEAMS), _MOST_BEAMS)
        if wider <= self.usual_beams:
            return None
        return dataclasses.replace(attempt, params=dataclasses.replace(attempt.params, num_beams=wider))
