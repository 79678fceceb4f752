"""What a caller waits with for what the engine's thread brings."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from dataclasses import dataclass, field

from crosslate.models.engine.engine import StepEvent
from crosslate.models.engine.request import FinishReason, GenerationOutput
from crosslate.models.engine.sequence import Sequence
from crosslate.models.errors import DeadlineExceededError, EngineError, RequestFailedError

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Waiter:
    """One caller waiting for one request. Its inbox is touched by the caller's event loop only."""

    sequence: Sequence
    loop: asyncio.AbstractEventLoop
    deadline_s: float | None
    """On the event loop's clock."""
    inbox: asyncio.Queue[StepEvent | EngineError] = field(default_factory=asyncio.Queue)

    async def next_event(self) -> StepEvent:
        """What comes next; on the caller's event loop.

        Raises:
            EngineError: what came is one, or nothing came in time.
        """
        try:
            # The engine looks at deadlines between steps; this is for the caller whose step takes long.
            async with asyncio.timeout_at(self.deadline_s):
                event = await self.inbox.get()
        except TimeoutError:
            raise DeadlineExceededError("the request's time limit passed") from None
        if isinstance(event, EngineError):
            raise event
        return event


def deliver(
    loop: asyncio.AbstractEventLoop, deliveries: list[tuple[Waiter, StepEvent | EngineError]]
) -> None:
    """Put events into inboxes, all of one event loop, with one wake-up; from the engine's thread."""

    def put_all() -> None:
        for waiter, event in deliveries:
            waiter.inbox.put_nowait(event)

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
