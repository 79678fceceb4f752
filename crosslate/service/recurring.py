"""Telling of a failure that goes on, without filling the log with it."""

from __future__ import annotations

import time
from collections.abc import Callable

EVERY_S = 60.0


class Recurring:
    """Of a failure that may come back every second: told the first time, then once a minute.

    Args:
        clock: in seconds, from anywhere.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told_at: float | None = None
        self._num_since = 0

    def count(self) -> int | None:
        """For each failure: how many there have been since the last that was told; None: not to be told."""
        self._num_since += 1
        now = self._clock()
        if self._told_at is not None and now < self._told_at + EVERY_S:
            return None
        self._told_at, num_failures, self._num_since = now, self._num_since, 0
        return num_failures
