"""A request on its way through the engine: the one mutable object of it. Without torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.request import (
    AlignmentRequest,
    FinishReason,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
    Hypothesis,
    SentenceStop,
)
from crosslate.models.engine.search.chooser import TokenChooser

if TYPE_CHECKING:
    from crosslate.models.engine.search.extracts import ExtractSearch
    from crosslate.models.engine.search.greedy_rules import GreedyRules


class SequenceStatus(Enum):
    """Where a sequence stands. It only ever moves forward."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"


@dataclass(slots=True, eq=False, kw_only=True)
class Sequence:
    """One request being served, from arrival to its terminal event.

    Times are in seconds on the engine's clock. A sequence holds `num_lanes` slots while it runs.
    An alignment request is a sequence too: it has no lanes, and is over within one step.
    """

    request: GenerationRequest | AlignmentRequest
    request_id: int = field(init=False)
    """Unique among the unfinished: the request's own, unless an engine of several callers gives another."""
    arrival_s: float
    params: GenerationParams = field(default_factory=GenerationParams)
    """With the checkpoint's defaults applied."""
    seed: int | None = None
    """Of what the network draws while it reads; None: it draws nothing."""
    max_new_tokens: int = 0
    num_lanes: int = 1
    num_bytes: int = 0
    """Of memory that it may take while it runs."""
    chooser: TokenChooser | None = None
    """None: greedy search, which the engine does for all such rows at once."""
    extracts: ExtractSearch | None = None
    """Of a request for passages of the source, which is over within one step, too."""
    rules: GreedyRules | None = None
    """What restricts greedy search; None also for every other decoding method."""
    stop: SentenceStop | None = None
    streams: bool = False
    deadline_s: float | None = None

    status: SequenceStatus = SequenceStatus.WAITING
    token_ids: list[int] = field(default_factory=list)
    """Chosen so far; of a sequence with several lanes only once it is finished."""
    sum_logprob: float = 0.0
    num_streamed: int = 0
    hypotheses: list[Hypothesis] = field(default_factory=list)
    attention: FloatArray | None = None
    kept_attention: list[FloatArray] | None = None
    """(S,) for the step that chose each of `token_ids`, where it is kept."""
    finish_reason: FinishReason | None = None
    error: str | None = None
    admitted_s: float | None = None
    encoded_s: float | None = None
    """Not None: the runner holds it."""
    decoded_s: float | None = None
    """None: its decoding is all that there is."""

    def __post_init__(self) -> None:
        self.request_id = self.request.request_id

    @property
    def flow(self) -> int:
        """With whose requests it shares the engine as one; where the request does not say, with nobody's."""
        return -1 - self.request_id if self.request.flow is None else self.request.flow

    @property
    def source_ids(self) -> list[int]:
        """The source, complete with end token and language tags."""
        return self.request.source_ids

    @property
    def num_source_tokens(self) -> int:
        """Length of the source, without padding."""
        return len(self.request.source_ids)

    @property
    def drafts(self) -> tuple[tuple[int, ...], ...]:
        """Outputs that are only to be read, within one step; none for any other request."""
        return self.request.drafts if isinstance(self.request, GenerationRequest) else ()

    @property
    def num_generated_tokens(self) -> int:
        """Tokens of all finished hypotheses."""
        return sum(len(hypothesis.token_ids) for hypothesis in self.hypotheses)

    def is_late(self, now: float) -> bool:
        """Whether its deadline has passed."""
        return self.deadline_s is not None and self.deadline_s <= now

    def end(self, hypotheses: list[Hypothesis]) -> None:
        """It has its answer; `hypotheses` best first, one at least."""
        self.hypotheses = hypotheses
        self.token_ids = hypotheses[0].token_ids
        self.finish_reason = hypotheses[0].finish_reason

    def fail(self, reason: FinishReason, error: str) -> None:
        """It ends without an answer; `error` says why in words, never with the user's text."""
        self.hypotheses = []
        self.finish_reason = reason
        self.error = error

    def output(self, now: float) -> GenerationOutput:
        """The terminal event of a sequence that ended at `now`."""
        if self.finish_reason is None:
            raise RuntimeError(f"request {self.request_id} has not ended")
        admitted_s = now if self.admitted_s is None else self.admitted_s
        encoded_s = now if self.encoded_s is None else self.encoded_s
        decoded_s = now if self.decoded_s is None else self.decoded_s
        return GenerationOutput(
            request_id=self.request_id,
            finish_reason=self.finish_reason,
            hypotheses=tuple(self.hypotheses),
            attention=self.attention,
            num_source_tokens=self.num_source_tokens,
            queue_s=admitted_s - self.arrival_s,
            encode_s=encoded_s - admitted_s,
            decode_s=decoded_s - encoded_s,
            align_s=now - decoded_s,
            error=self.error,
        )
