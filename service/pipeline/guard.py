"""A second try for outputs that are degenerate, with other decoding; the better of the two is given."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from models.engine.request import GenerationOutput, GenerationParams, GenerationRequest, Hypothesis
from service.errors import ServiceError
from service.pipeline.degeneration import Fault

Outcome = Literal["replaced", "kept", "warned"]
"""The second output is given; the first one is, after a second try; there was no second try."""

Judge = Callable[[Hypothesis], Sequence[Fault]]
"""Finds the faults of an output, the gravest first."""

SecondTry = Callable[[Fault, GenerationRequest], GenerationParams | None]
"""The parameters of a second try against a fault; None where the request leaves nothing to change."""

MAX_SCORE_LOSS = 1.5
"""A second output whose score (mean log-probability) is lower than the first's by more is noise. Where the
starter models are kept from copying a text in a language that they cannot read, it falls by about 2."""

_GUARD_NGRAM = 3
_GUARD_PENALTY = 1.2

_WHAT = {
    Fault.REPETITION: "repeated itself",
    Fault.COPY: "came back as it was sent",
    Fault.TOO_LONG: "came out far too long for its source",
    Fault.TOO_SHORT: "came out far too short for its source",
}
_THEN = {
    "replaced": "it was generated again with {change}, and this second output is given.",
    "kept": "a second try with {change} was no better, so the first output is given.",
    "warned": "it was not tried again.",
}
_CHANGES = {
    Fault.REPETITION: "repetitions held back",
    Fault.COPY: "phrases of the source held back",
    Fault.TOO_LONG: "repetitions held back",
    Fault.TOO_SHORT: "a minimum length",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was wrong with an output, and what became of it."""

    reason: Fault
    outcome: Outcome

    def warning(self, what: str) -> str:
        """In words; `what` is what the output belongs to, such as `Segment 2`."""
        then = _THEN[self.outcome].format(change=_CHANGES[self.reason])
        return f"{what} {_WHAT[self.reason]}; {then}"


@dataclass(frozen=True, slots=True)
class Judged:
    """The output to give, and the verdict on the first one; None where nothing was wrong with it."""

    output: GenerationOutput
    verdict: Verdict | None = None


async def with_second_try(
    request: GenerationRequest,
    first: GenerationOutput,
    judge: Judge,
    generate: Callable[[GenerationRequest], Awaitable[GenerationOutput]],
    second_try: SecondTry,
) -> Judged:
    """`first`, or what a second try gives where `first` is at fault.

    The second output is given if it has fewer faults and its score has not fallen by more than
    `MAX_SCORE_LOSS`. The second try changes only what the request leaves open; it never fails a request.
    """
    faults = judge(first.hypotheses[0])
    if not faults:
        return Judged(first)
    params = second_try(faults[0], request)
    if params is None:
        return Judged(first, Verdict(faults[0], "warned"))
    try:
        second = await generate(dataclasses.replace(request, params=params))
    except ServiceError:  # no time left, or no token is possible under the second parameters
        return Judged(first, Verdict(faults[0], "kept"))
    has_fewer = len(judge(second.hypotheses[0])) < len(faults)
    if has_fewer and second.score >= first.score - MAX_SCORE_LOSS:
        return Judged(second, Verdict(faults[0], "replaced"))
    return Judged(first, Verdict(faults[0], "kept"))


def without_second_try(output: GenerationOutput, judge: Judge) -> Judged:
    """For outputs that cannot be taken back."""
    faults = judge(output.hypotheses[0])
    return Judged(output, Verdict(faults[0], "warned") if faults else None)


def second_params(fault: Fault, request: GenerationRequest) -> GenerationParams | None:
    """The request's parameters with one change against `fault`; None where the request chose otherwise."""
    params = request.params
    match fault:
        case Fault.REPETITION | Fault.TOO_LONG:
            if params.no_repeat_ngram_size is not None or params.repetition_penalty is not None:
                return None
            return dataclasses.replace(
                params, no_repeat_ngram_size=_GUARD_NGRAM, repetition_penalty=_GUARD_PENALTY
            )
        case Fault.COPY:
            if params.encoder_no_repeat_ngram_size is not None:
                return None
            return dataclasses.replace(params, encoder_no_repeat_ngram_size=_GUARD_NGRAM)
        case Fault.TOO_SHORT:
            if params.min_new_tokens is not None or params.max_new_tokens is not None:
                return None
            return dataclasses.replace(params, min_new_tokens=max(2, len(request.source_ids) // 2))


def guard_warnings(verdicts: Iterable[Verdict | None], part: str) -> list[str]:
    """What to say about outputs at fault; `part` is what each belongs to, such as `Segment`."""
    return [
        verdict.warning(f"{part} {number}")
        for number, verdict in enumerate(verdicts, start=1)
        if verdict is not None
    ]
