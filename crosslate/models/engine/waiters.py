"""What a caller waits with for what the engine's thread brings."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections import deque
from dataclasses import dataclass, field
from functools import partial

from crosslate.models.engine.engine import StepEvent
from crosslate.models.engine.request import FinishReason, GenerationOutput
from crosslate.models.engine.sequence import Sequence
from crosslate.models.errors import DeadlineExceededError, EngineError, RequestFailedError

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Waiter:
    """One caller waiting for one request. All but its sequence is touched by the caller's event loop only."""

    sequence: Sequence
    loop: asyncio.AbstractEventLoop
    deadline_s: float | None
    """On the event loop's clock."""
    _inbox: deque[StepEvent | EngineError] = field(default_factory=deque)
    _arrival: asyncio.Future[bool] | None = None
    """Of what the caller waits for now: whether it came in time."""

    def put(self, event: StepEvent | EngineError) -> None:
        """Bring something."""
        self._inbox.append(event)
        self._end_wait(is_there=True)

    async def next_event(self) -> StepEvent:
        """What comes next; on the caller's event loop.

        Raises:
            EngineError: what came is one, or nothing came in time.
        """
        if not (self._inbox or await self._something_comes()):
            raise DeadlineExceededError("the request's time limit passed")
        event = self._inbox.popleft()
        if isinstance(event, EngineError):
            raise event
        return event

    async def _something_comes(self) -> bool:
        """Before the deadline. The engine looks at that between steps, one of which may take long."""
        self._arrival = self.loop.create_future()
        timer = None
        if self.deadline_s is not None:
            timer = self.loop.call_at(self.deadline_s, partial(self._end_wait, is_there=False))
        try:
            return await self._arrival
        finally:
            self._arrival = None
            if timer is not None:
                timer.cancel()

    def _end_wait(self, *, is_there: bool) -> None:
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(is_there)


def deliver(
    loop: asyncio.AbstractEventLoop, deliveries: list[tuple[Waiter, StepEvent | EngineError]]
) -> None:
    """Put events into inboxes, all of one event loop, with one wake-up; from the engine's thread."""

    def put_all() -> None:
        for waiter, event in deliveries:
            waiter.put(event)

    try:
        loop.call_soon_threadsafe(put_all)
    except RuntimeError:
        logger.debug("an event loop closed before its answers came")


def checked(output: GenerationOutput, request_id: int) -> GenerationOutput:
    """The output under the caller's own id, or the error that it stands for."""
    if output.finish_reason is FinishReason.ABORT:
        raise DeadlineExceededError(output.error)
    if output.finish_reason is FinishReason.ERROR:
        raise RequestFailedError(output.error)
    return dataclasses.replace(output, request_id=request_id)
