"""Telling of a failure that goes on, and of its end, without filling the log with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

EVERY_S = 60.0
CALM_S = 30.0
"""Without a failure, until it is over: one that comes and goes is told as one."""


@dataclass(frozen=True, slots=True)
class Episode:
    """From a first failure to the last one."""

    times: int
    seconds: float


class Recurring:
    """Of a failure that may come back every second: told at once, then once a minute, and when it is over.

    Args:
        clock: in seconds, from anywhere.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began_at = self._told_at = self._last_at = 0.0
        self._times = self._times_told = 0

    def count(self) -> int | None:
        """For each failure: how many there have been since the last that was told; None: not to be told."""
        now = self._last_at = self._clock()
        self._times += 1
        if self._times == 1:
            self._began_at = now
        elif now < self._told_at + EVERY_S:
            return None
        num_new = self._times - self._times_told
        self._told_at, self._times_told = now, self._times
        return num_new

    def ended(self) -> Episode | None:
        """For each success: what is over by now; None: nothing to tell."""
        if not self._times or self._clock() < self._last_at + CALM_S:
            return None
        episode = Episode(self._times, round(self._last_at - self._began_at, 1))
        self._times = self._times_told = 0
        return episode
