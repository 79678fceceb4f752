"""Where work on texts runs: the event loop takes the short, a thread beside it the long."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

MAX_ON_LOOP = 4096
"""Characters whose splitting, tokenizing or joining takes a millisecond or two."""

_TURNS_EVERY_S = 0.001


class TextWorker:
    """Runs work on texts so that the event loop has its turn every few milliseconds.

    What is in proportion to at most `MAX_ON_LOOP` characters runs on the loop, after a turn for others where
    they have not just had one: a turn costs as much as some of this work. All else waits for the one thread:
    Python runs one at a time anyway, and each thread that is busy makes the loop wait longer for its turn.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="text")
        self._last_turn_s = -math.inf

    async def run(self, num_characters: int, work: Callable[[], T]) -> T:
        """The result of `work`, which takes time in proportion to `num_characters`."""
        if num_characters > MAX_ON_LOOP:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        if time.monotonic() - self._last_turn_s > _TURNS_EVERY_S:
            await asyncio.sleep(0)
            self._last_turn_s = time.monotonic()
        return work()
