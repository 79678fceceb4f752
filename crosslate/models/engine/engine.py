"""Continuous batching for encoder-decoders: sequences join and leave the batch at any step."""

from __future__ import annotations

import dataclasses
import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import torch

from crosslate.models.engine.encoder_batches import num_padded_tokens
from crosslate.models.engine.intake import Intake
from crosslate.models.engine.isolation import fail, isolate
from crosslate.models.engine.readings import readings_of
from crosslate.models.engine.request import (
    AlignmentRequest,
    AttentionSelection,
    FinishReason,
    GenerationOutput,
    GenerationParams,
    GenerationRequest,
)
from crosslate.models.engine.scheduler import Scheduler, SchedulerConfig
from crosslate.models.engine.search.chooser import MakeChooser
from crosslate.models.engine.second_pass import attend_hypotheses
from crosslate.models.engine.sequence import Sequence
from crosslate.models.engine.stats import EngineCounters, EngineStats
from crosslate.models.errors import RequestFailedError, SourceTooLargeError

if TYPE_CHECKING:
    from crosslate.models.engine.rows.batch import Batch
    from crosslate.models.engine.rows.runner import ModelRunner

_EVERYTHING = AttentionSelection()


@dataclass(frozen=True, slots=True)
class TokensEvent:
    """New tokens of a request that streams; all of them together are the output's `token_ids`."""

    request_id: int
    token_ids: list[int]


StepEvent = TokensEvent | GenerationOutput
"""What a step has to tell: tokens, or a request's one terminal event."""


class Engine:
    """Serves requests step by step; each one's result is what it would be alone.

    Not thread-safe, `prepare` and `stats` excepted: `AsyncEngine` runs it in a thread of its own.
    """

    def __init__(
        self,
        runner: ModelRunner,
        scheduler_config: SchedulerConfig,
        default_params: GenerationParams,
        make_chooser: MakeChooser,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.scheduler = Scheduler(scheduler_config)
        self.clock = clock
        self._runner = runner
        self._intake = Intake(
            limits=runner.limits, default_params=default_params, make_chooser=make_chooser, clock=clock
        )
        self._counters = EngineCounters()
        self._events: list[StepEvent] = []

    @property
    def max_source_tokens(self) -> int:
        """The longest source that may come."""
        return self._runner.limits.max_source_tokens

    @property
    def has_work(self) -> bool:
        """Whether another step has anything to do or to tell."""
        return bool(self._events or self.scheduler.num_waiting or self.scheduler.num_running)

    def prepare(
        self,
        request: GenerationRequest | AlignmentRequest,
        *,
        deadline: float | None = None,
        stream: bool = False,
    ) -> Sequence:
        """Validate a request without queueing it; for the scheduler. May be called from any thread.

        Raises:
            InvalidParamsError: parameters or ids that the model cannot follow.
            RequestTooLongError: more tokens than the model takes, or than memory does.
        """
        sequence = self._intake.prepare(request, deadline_s=deadline, stream=stream)
        self.scheduler.check_lanes(sequence.num_lanes)
        self._weigh(sequence)
        return sequence

    def _weigh(self, sequence: Sequence) -> None:
        """Refuse what could never be given enough memory."""
        costs, budget = self._runner.row_costs, self.scheduler.config.max_cache_bytes
        lanes, length, max_new_tokens = (
            sequence.num_lanes,
            sequence.num_source_tokens,
            sequence.max_new_tokens,
        )
        if budget is not None and costs.needed(lanes, length, max_new_tokens) > budget:
            fitting = bisect_right(
                range(1, length), budget, key=lambda length: costs.needed(lanes, length, max_new_tokens)
            )
            raise SourceTooLargeError(length, fitting, lanes)
        sequence.num_bytes = costs.charged(lanes, length, max_new_tokens)

    def add(
        self,
        request: GenerationRequest | AlignmentRequest,
        *,
        deadline: float | None = None,
        stream: bool = False,
    ) -> None:
        """Queue a request. `deadline` is a time on the engine's clock; `stream` asks for `TokensEvent`s.

        Raises:
            InvalidParamsError: parameters or ids that the model cannot follow.
            RequestTooLongError: more tokens than the model takes.
            QueueFullError: too many wait already.
        """
        self.scheduler.add(self.prepare(request, deadline=deadline, stream=stream))

    @torch.inference_mode()
    def abort(self, request_id: int) -> None:
        """End a request, if it is still here; the next step returns its terminal event."""
        sequence = self.scheduler.abort(request_id)
        if sequence is not None:
            self._counters.num_expired += sequence.is_late(self.clock())
            sequence.fail(FinishReason.ABORT, "the request was cancelled")
            self._finish([sequence])

    @torch.inference_mode()
    def step(self) -> list[StepEvent]:
        """Schedule, encode the new, step every batch, finish: one token for every running sequence."""
        started_s = self.clock()
        num_finished = self._counters.total_finished

        scheduled = self.scheduler.schedule(started_s, self._runner.num_bytes)
        self._expire(scheduled.expired)
        self._encode(scheduled.to_encode)
        self._align(scheduled.to_align)
        self._counters.batch_size = 0
        self._finish([sequence for batch in self._runner.batches for sequence in self._decode(batch)])

        self._counters.num_steps += 1
        self.scheduler.completion_rate.record(
            self._counters.total_finished - num_finished, self.clock() - started_s
        )
        events, self._events = self._events, []
        return events

    def generate(self, requests: list[GenerationRequest]) -> list[GenerationOutput]:
        """Serve any mix of requests to the end; outputs in the order of the requests.

        A request on which the model fails has an output with finish reason `error`.

        Raises:
            InvalidParamsError, RequestTooLongError: some request cannot be served; then none is.
        """
        return self._serve([self.prepare(request) for request in requests])

    def align(
        self,
        source_ids: list[int],
        target_ids: list[int],
        selection: AttentionSelection = _EVERYTHING,
    ) -> torch.Tensor:
        """Cross-attention from a given target to a given source, both with their end tokens.

        Returns:
            float32 `(L, H, T, S)`, or `(T, S)` if `selection` names a layer; every row sums to 1.

        Raises:
            InvalidParamsError, RequestTooLongError: the pair cannot be aligned by this model.
            RequestFailedError: the model failed.
        """
        request = AlignmentRequest(source_ids=source_ids, target_ids=target_ids, attention=selection)
        (output,) = self._serve([self.prepare(request)])
        if output.attention is None:
            raise RequestFailedError(output.error)
        return torch.from_numpy(output.attention)

    def stats(self) -> EngineStats:
        """A snapshot. May be called from any thread."""
        scheduler = self.scheduler
        return EngineStats(
            num_running=scheduler.num_running,
            num_waiting=scheduler.num_waiting,
            num_used_slots=scheduler.config.max_slots - scheduler.num_free_slots,
            max_slots=scheduler.config.max_slots,
            **dataclasses.asdict(self._counters),
        )

    def _serve(self, sequences: list[Sequence]) -> list[GenerationOutput]:
        """Run until all are answered; what the steps tell of other requests waits for the next step."""
        mine = {sequence.request_id for sequence in sequences}
        if len(mine) < len(sequences) or any(request_id in self.scheduler for request_id in mine):
            raise ValueError("two requests have the same request_id: make a new GenerationRequest for each")
        for sequence in sequences:
            self.scheduler.enqueue(sequence)
        outputs: dict[int, GenerationOutput] = {}
        others: list[StepEvent] = []
        try:
            while len(outputs) < len(mine):
                for event in self.step():
                    if isinstance(event, GenerationOutput) and event.request_id in mine:
                        outputs[event.request_id] = event
                    else:
                        others.append(event)
        finally:
            for request_id in mine - outputs.keys():  # only if interrupted: nobody waits for these
                self.abort(request_id)
            self._events = others + [event for event in self._events if event.request_id not in mine]
        return [outputs[sequence.request_id] for sequence in sequences]

    def _expire(self, expired: list[Sequence]) -> None:
        for sequence in expired:
            sequence.fail(FinishReason.ABORT, "the request's time limit passed")
        self._counters.num_expired += len(expired)
        self._finish(expired)

    def _encode(self, batches: list[list[Sequence]]) -> None:
        """New sequences join the runner."""
        for batch in batches:
            isolate("encoding the source", batch, partial(self._encoding, self._join))
        self._finish([s for batch in batches for s in batch if s.finish_reason is not None])

    def _join(self, sequences: list[Sequence]) -> None:
        self._runner.join(sequences)
        encoded_s = self.clock()
        for sequence in sequences:
            sequence.encoded_s = encoded_s

    def _align(self, batches: list[list[Sequence]]) -> None:
        """Alignment requests, extracts and drafts join nothing: they are answered at once."""
        for batch in batches:
            for reading in readings_of(self._runner, batch):
                isolate(reading.doing, reading.sequences, partial(self._encoding, reading.work))
        self._finish([sequence for batch in batches for sequence in batch])

    def _encoding(self, work: Callable[[list[Sequence]], None], sequences: list[Sequence]) -> None:
        """Do what encodes the sources, and count these."""
        work(sequences)
        num_tokens = sum(sequence.num_source_tokens for sequence in sequences)
        self._counters.count_encoded(num_tokens, num_padded_tokens(sequences))

    def _decode(self, batch: Batch) -> list[Sequence]:
        """One step of a batch, with tokens for those who stream; returns those that ended with it."""
        sequences = list(batch.sequences)
        self._counters.batch_size += batch.num_lanes * len(sequences)
        try:
            changed = batch.step()
        except Exception as error:
            fail([s for s in sequences if s.finish_reason is None], "decoding", error)
            changed = sequences
        for sequence in changed:
            if sequence.streams:
                self._stream(sequence)
        return [sequence for sequence in changed if sequence.finish_reason is not None]

    def _stream(self, sequence: Sequence) -> None:
        token_ids = sequence.token_ids[sequence.num_streamed :]
        if token_ids:
            self._events.append(TokensEvent(sequence.request_id, token_ids))
            sequence.num_streamed += len(token_ids)

    def _finish(self, ended: list[Sequence]) -> None:
        """Whatever a sequence came out as (`Sequence.end`, `Sequence.fail`): its way out of the engine.

        It gets the attention that it asked for, its slots and its row become free, and its output is told.
        """
        if not ended:
            return
        joined = [sequence for sequence in ended if sequence.encoded_s is not None]
        wanted = [sequence for sequence in joined if sequence.hypotheses and sequence.request.attention]
        decoded_s = self.clock()
        for sequence in wanted:
            sequence.decoded_s = decoded_s
        isolate("computing attention", wanted, partial(attend_hypotheses, self._runner))
        if joined:
            self._runner.leave(joined)
        now = self.clock()
        for sequence in ended:
            self.scheduler.finish(sequence)
            output = sequence.output(now)
            self._counters.count_finished(output.finish_reason, sequence.num_generated_tokens)
            self._events.append(output)
