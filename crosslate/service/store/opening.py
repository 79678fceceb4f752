"""Opening a store when it is needed for the first time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedOpening(Generic[T]):
    """What is opened once. Those who ask meanwhile share a try; if it fails, the next one tries again.

    A store that does not answer takes seconds to fail: one after the other, the last would wait for minutes.

    Args:
        open_it: gives what is to be opened.
    """

    def __init__(self, open_it: Callable[[], Awaitable[T]]) -> None:
        self._open_it = open_it
        self._opening: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """The one that is open; raises what `open_it` does. Whoever leaves ends nobody else's wait."""
        if self._opening is None or _has_failed(self._opening):
            self._opening = asyncio.create_task(self._opened())
            self._opening.add_done_callback(_has_failed)  # also where everybody has left
        return await asyncio.shield(self._opening)

    async def taken(self) -> T | None:
        """What was opened, which is the caller's to close now; None where nothing was."""
        opening, self._opening = self._opening, None
        return await _ended(opening)

    async def begun(self) -> T | None:
        """What is open, or is being opened now; None where nothing is."""
        return await _ended(self._opening)

    async def _opened(self) -> T:
        return await self._open_it()


async def _ended(opening: asyncio.Task[T] | None) -> T | None:
    if opening is None:
        return None
    if not opening.done():  # else the loop that it was opened in may be gone
        await asyncio.wait({opening})
    return None if _has_failed(opening) else opening.result()


def _has_failed(opening: asyncio.Task[T]) -> bool:
    return opening.done() and (opening.cancelled() or opening.exception() is not None)
