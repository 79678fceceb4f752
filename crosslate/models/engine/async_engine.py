"""The engine for asyncio: one thread steps it, any number of event loops wait for it."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import logging
import threading
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from functools import partial

import torch

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.engine import Engine, StepEvent, TokensEvent
from crosslate.models.engine.request import (
    AlignmentRequest,
    FinishReason,
    GenerationOutput,
    GenerationRequest,
)
from crosslate.models.engine.sequence import Sequence
from crosslate.models.engine.stats import EngineStats
from crosslate.models.engine.waiters import Waiter, checked, deliver
from crosslate.models.errors import (
    DrainingError,
    EngineError,
    EngineUnavailableError,
    RequestFailedError,
)

logger = logging.getLogger(__name__)


_MAX_STEP_S = 60.0
_USUAL_SOURCE_TOKENS = 4096


def default_max_step_s(max_source_tokens: int) -> float:
    """A minute, and so much more as a model's longest source is longer than most models'.

    A step encodes whole sources: one of 16,384 tokens takes about a minute on two CPU cores.
    """
    return _MAX_STEP_S * max(1.0, max_source_tokens / _USUAL_SOURCE_TOKENS)


class AsyncEngine:
    """Runs an `Engine` in a thread of its own; an `EngineClient` of the text pipeline.

    Args:
        engine: nobody else may step it from now on.
        max_step_s: a step that takes longer counts as hung, see `is_healthy`; by default, see
            `default_max_step_s`.
        num_threads: of a tensor operation on the CPU; None: as torch has it.
    """

    def __init__(
        self, engine: Engine, *, max_step_s: float | None = None, num_threads: int | None = None
    ) -> None:
        self._engine = engine
        self._num_threads = num_threads
        self._max_step_s = max_step_s or default_max_step_s(engine.max_source_tokens)
        # Requests may come from several processes, each counting its own ids from 0.
        self._ids = itertools.count()
        self._lock = threading.Lock()
        self._wakeup = threading.Condition(self._lock)
        # All below is guarded by the lock.
        self._waiters: dict[int, Waiter] = {}
        self._submitted: list[Sequence] = []
        self._new_flows: set[int] = set()
        """Of the submitted, those that do not wait at the engine already."""
        self._cancelled: list[int] = []
        self._num_lost = 0
        """Requests that were here when the engine crashed."""
        self._refusal: Callable[[], EngineError] | None = None
        self._is_closing = False
        self._is_over = False
        """Whatever the engine still holds, nobody waits for it, and it is not stepped any more."""
        self._step_began_s: float | None = None
        self._thread = threading.Thread(target=self._run, name="crosslate-engine", daemon=True)
        self._thread.start()

    async def generate(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> GenerationOutput:
        """The finished output; never one with finish reason `abort` or `error`: these raise.

        Raises:
            EngineError: see `models.errors`. Refusals (queue full, draining, invalid, too long) come at once.
        """
        return await self._finished(request, timeout_s)

    async def align(self, request: AlignmentRequest, *, timeout_s: float | None = None) -> FloatArray:
        """Cross-attention of a given pair, `(T, S)` or `(L, H, T, S)`; raises as `generate` does."""
        output = await self._finished(request, timeout_s)
        if output.attention is None:
            raise RequestFailedError("the model returned no attention")
        return output.attention

    async def stream(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> AsyncGenerator[list[int] | GenerationOutput, None]:
        """New token ids as they are chosen (greedy and sampling), then the finished output.

        Raises as `generate` does. Close the iterator (`aclose`) to cancel the request early.
        """
        waiter = self._submit(request, timeout_s, stream=True)
        try:
            while True:
                event = await waiter.next_event()
                if isinstance(event, TokensEvent):
                    yield event.token_ids
                else:
                    yield checked(event, request.request_id)
                    return
        finally:
            self._forget(waiter)

    def stats(self) -> EngineStats:
        """A snapshot, with the requests that are on their way to the engine counted as waiting."""
        with self._lock:
            stats = self._engine.stats()
            finished = dict(stats.num_finished)
            finished[FinishReason.ERROR] += self._num_lost
            stats = stats.emptied() if self._is_over else stats
            return dataclasses.replace(
                stats,
                num_waiting=stats.num_waiting + len(self._submitted),
                num_finished=finished,
                num_healthy=int(self.is_healthy),
            )

    @property
    def load(self) -> int:
        """Requests that are not answered yet."""
        return len(self._waiters)

    @property
    def is_healthy(self) -> bool:
        """Whether the thread lives and its step, if it is in one, has not been going on for too long."""
        began_s = self._step_began_s
        is_hung = began_s is not None and self._engine.clock() - began_s > self._max_step_s
        return self._thread.is_alive() and not is_hung

    def close(self, timeout_s: float = 10.0) -> None:
        """Stop the thread after its current step; whoever still waits gets a `DrainingError`."""
        with self._lock:
            self._refusal = self._refusal or _draining
            self._is_closing = True
            self._wakeup.notify()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    # -- the caller's side

    async def _finished(
        self, request: GenerationRequest | AlignmentRequest, timeout_s: float | None
    ) -> GenerationOutput:
        waiter = self._submit(request, timeout_s, stream=False)
        try:
            event = await waiter.next_event()
        finally:
            self._forget(waiter)
        if isinstance(event, TokensEvent):
            raise RuntimeError("the engine streamed to a request that did not ask for it")
        return checked(event, request.request_id)

    def _submit(
        self, request: GenerationRequest | AlignmentRequest, timeout_s: float | None, *, stream: bool
    ) -> Waiter:
        loop = asyncio.get_running_loop()
        deadline = None if timeout_s is None else self._engine.clock() + timeout_s
        sequence = self._engine.prepare(request, deadline=deadline, stream=stream)
        sequence.request_id = next(self._ids)
        waiter = Waiter(sequence, loop, None if timeout_s is None else loop.time() + timeout_s)
        with self._lock:
            if self._refusal is not None:
                raise self._refusal()
            if not request.is_admitted:
                self._engine.scheduler.check_room(sequence.num_lanes, num_ahead=len(self._new_flows))
            if not self._engine.scheduler.is_waiting(sequence.flow):
                self._new_flows.add(sequence.flow)
            self._waiters[sequence.request_id] = waiter
            self._submitted.append(sequence)
            self._wakeup.notify()
        return waiter

    def _forget(self, waiter: Waiter) -> None:
        """Nobody waits any more. If the request is still being served, this cancels it."""
        with self._lock:
            request_id = waiter.sequence.request_id
            if self._waiters.pop(request_id, None) is not None:
                self._cancelled.append(request_id)
                self._wakeup.notify()

    # -- the engine's thread

    def _run(self) -> None:
        reason = refusal = _draining
        if self._num_threads is not None:
            torch.set_num_threads(self._num_threads)  # holds for the calling thread
        try:
            while self._take_commands():
                self._publish(self._engine.step())
        except BaseException:
            logger.exception("the engine has crashed")
            reason, refusal = _failed, _crashed
        finally:
            self._fail_all(reason, refusal)

    def _take_commands(self) -> bool:
        """Sleep until there is work, hand the engine what was submitted and cancelled; False when closing."""
        with self._lock:
            self._step_began_s = None
            self._wakeup.wait_for(self._has_work)
            if self._is_closing:
                return False
            # Under the lock, so that `_submit` sees each sequence in one of the two queues.
            for sequence in self._submitted:
                self._engine.scheduler.enqueue(sequence)
            self._submitted.clear()
            self._new_flows.clear()
            cancelled, self._cancelled = self._cancelled, []
            self._step_began_s = self._engine.clock()
        for request_id in cancelled:
            self._engine.abort(request_id)
        return True

    def _has_work(self) -> bool:
        return bool(self._is_closing or self._submitted or self._cancelled or self._engine.has_work)

    def _publish(self, events: list[StepEvent]) -> None:
        """Bring a step's events to their callers: one wake-up per event loop, however many events."""
        by_loop: defaultdict[asyncio.AbstractEventLoop, list[tuple[Waiter, StepEvent | EngineError]]]
        by_loop = defaultdict(list)
        with self._lock:
            for event in events:
                waiter = self._waiters.get(event.request_id)
                if waiter is None:  # cancelled meanwhile
                    continue
                by_loop[waiter.loop].append((waiter, event))
                if isinstance(event, GenerationOutput):
                    del self._waiters[event.request_id]
        for loop, deliveries in by_loop.items():
            deliver(loop, deliveries)

    def _fail_all(self, reason: Callable[[], EngineError], refusal: Callable[[], EngineError]) -> None:
        """The end: `reason` for those who wait, `refusal` for those who still come."""
        with self._lock:
            self._step_began_s = None
            self._is_over = True
            self._refusal = refusal
            waiters = list(self._waiters.values())
            self._num_lost = len(waiters) if reason is _failed else 0
            self._waiters.clear()
            self._submitted.clear()
            self._new_flows.clear()
        for waiter in waiters:
            deliver(waiter.loop, [(waiter, reason())])


# Made anew for every caller: a raised exception carries its caller's traceback.
_draining: Callable[[], EngineError] = partial(
    DrainingError, "the engine is shutting down and takes no requests: retry elsewhere or later"
)
_failed: Callable[[], EngineError] = partial(RequestFailedError, "the engine has crashed; its log says why")
_crashed: Callable[[], EngineError] = partial(EngineUnavailableError, "the engine has crashed: retry later")
