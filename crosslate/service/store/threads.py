"""Threads for calls that wait for a database or for files, apart from those that others compute in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from crosslate.service.store.database import StoreAwayError

P = ParamSpec("P")
T = TypeVar("T")
NUM_THREADS = 4
TURN_S = 10.0
"""As long as one call may wait for a database that says nothing."""


class StoreThreads:
    """Runs blocking calls of a store, a few at a time.

    A store that hangs holds its threads for seconds each. Those of `asyncio.to_thread` are few, and summaries
    need them, which have nothing to do with it.

    Args:
        num_threads: calls at a time.
    """

    def __init__(self, num_threads: int = NUM_THREADS) -> None:
        self._threads = ThreadPoolExecutor(num_threads, thread_name_prefix="store")
        self._free = asyncio.Semaphore(num_threads)

    async def run(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `work` with these arguments.

        Raises:
            StoreAwayError: no thread came free in time; others wait for a store that does not answer.
        """
        await self._turn()
        loop, call = asyncio.get_running_loop(), self._threads.submit(work, *args, **kwargs)

        def hand_on(_: Future[T]) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._free.release)

        # Not when whoever waits has left: the thread is busy until the call ends.
        call.add_done_callback(hand_on)
        return await asyncio.wrap_future(call)

    async def close(self) -> None:
        """Wait for the calls under way, also where their callers have left; there are no others after it."""
        await asyncio.to_thread(self._threads.shutdown)

    async def _turn(self) -> None:
        try:
            async with asyncio.timeout(TURN_S):
                await self._free.acquire()
        except TimeoutError:
            raise StoreAwayError(f"other calls have waited for the store for {TURN_S:g} s") from None
