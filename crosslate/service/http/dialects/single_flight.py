"""A request that is sent again while the first one is under way joins it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class _Flight(Generic[Result]):
    task: asyncio.Task[Result]
    num_waiting: int = 0
    expiry: asyncio.TimerHandle | None = None


class SingleFlight(Generic[Result]):
    """Work of which nobody needs two at once, by its key.

    Args:
        linger_s: how long work that nobody waits for any more goes on, and its result is kept: the time
            that a client waits before it sends again.
    """

    def __init__(self, *, linger_s: float) -> None:
        self._linger_s = linger_s
        self._flights: dict[Hashable, _Flight[Result]] = {}

    @property
    def num_flights(self) -> int:
        """How many are under way or kept."""
        return len(self._flights)

    async def join(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """The result, or the failure, of the work under this key that is under way; begun if there is none.

        The work is cancelled once nobody has waited for it for `linger_s`. A result that somebody got is
        not kept: whoever comes later has the work done anew.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(work()))
        if flight.expiry is not None:
            flight.expiry.cancel()
            flight.expiry = None
        flight.num_waiting += 1
        is_delivered = False
        try:
            # Not `shield`, which cannot tell this waiter's cancellation from the work's.
            await asyncio.wait({flight.task})
            is_delivered = True
            return flight.task.result()
        finally:
            flight.num_waiting -= 1
            if is_delivered:
                self._forget(key, flight)
            elif flight.num_waiting == 0:
                loop = asyncio.get_running_loop()
                flight.expiry = loop.call_later(self._linger_s, self._forget, key, flight)

    def _forget(self, key: Hashable, flight: _Flight[Result]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not flight.task.done():
            flight.task.cancel()
        elif not flight.task.cancelled():
            flight.task.exception()  # seen by nobody: it is no defect
