"""A second try for outputs that are degenerate, with other decoding; the better of the two is given."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Literal

from crosslate.models.engine.request import GenerationParams
from crosslate.service.pipeline.degeneration.faults import Fault

Outcome = Literal["replaced", "kept", "warned"]
"""The second output is given; the first one is, after a second try; there was no second try."""

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
    Fault.DOUBLED: "has words twice that are once in its source",
    Fault.ADDED: "has a parenthesis that its source has not",
}
_THEN = {
    "replaced": "it was generated again with {change}, and this second output, which is better, is given.",
    "kept": "a second try with {change} was no better, so the first output is given.",
    "warned": "it was not tried again.",
}
_CHANGES = {
    Fault.REPETITION: "repetitions held back",
    Fault.COPY: "phrases of the source held back, or in a parenthesis",
    Fault.TOO_LONG: "a full stop behind it, or repetitions held back",
    Fault.TOO_SHORT: "a minimum length",
    Fault.DOUBLED: "a full stop behind it, or repetitions held back",
    Fault.ADDED: "a full stop behind it, or the parenthesis left out",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was wrong with an output, and what became of it."""

    reason: Fault
    outcome: Outcome
    is_mended: bool = field(default=False, compare=False)
    """Whether nothing of the kind is wrong with the output that is given."""

    @property
    def is_told(self) -> bool:
        """Whether the reader is told of it; of what is lost, those things are told that stay lost."""
        return self.reason in _WHAT and not self.is_mended

    def warning(self, what: str) -> str:
        """In words; `what` is what the output belongs to, such as `Segment 2`."""
        then = _THEN[self.outcome].format(change=_CHANGES[self.reason])
        return f"{what} {_WHAT[self.reason]}; {then}"


def second_params(fault: Fault, params: GenerationParams, num_source_tokens: int) -> GenerationParams | None:
    """The parameters with one change against `fault`; None where the request chose otherwise."""
    match fault:
        case Fault.REPETITION | Fault.TOO_LONG | Fault.DOUBLED | Fault.ADDED:
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
            return dataclasses.replace(params, min_new_tokens=max(2, num_source_tokens // 2))
        case Fault.LOST | Fault.NUMBERS | Fault.UNSUPPORTED:
            raise ValueError(f"no decoding mends {fault}")
