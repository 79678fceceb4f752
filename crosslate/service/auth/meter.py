"""What the keys have used, as far as this replica knows: of all replicas a second ago, of its own now."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime

from crosslate.service.store.periods import Period, minute_before, minute_of, month_of
from crosslate.service.store.threads import StoreThreads
from crosslate.service.store.usage import Amount, Counter

FLUSH_EVERY_S = 1.0

Exchange = Callable[[Mapping[Counter, Amount], tuple[Period, ...]], dict[Counter, Amount]]
"""See `UsageStore.exchange`."""


class UsageMeter:
    """Counts in memory, and brings what it has counted to the store in batches.

    A kill loses the batch that was not written yet, of about a second. While the store cannot be reached, the
    batch grows instead, and this replica's own counts hold.

    Args:
        exchange: adds a batch in the store and gives what all have counted. It blocks: a thread calls it.
        now: the time, with its zone.
        on_failure: told why a batch could not be written, each time.
    """

    def __init__(
        self, exchange: Exchange, now: Callable[[], datetime], on_failure: Callable[[Exception], None]
    ) -> None:
        self._exchange = exchange
        self._now = now
        self._on_failure = on_failure
        self._stored: dict[Counter, Amount] = {}
        self._being_written: dict[Counter, Amount] = {}
        self._pending: defaultdict[Counter, Amount] = defaultdict(Amount)
        self._threads = StoreThreads(1)
        self._turn = asyncio.Lock()
        self._is_closing = asyncio.Event()

    def used(self, counter: Counter) -> Amount:
        """In all replicas."""
        parts = (counts.get(counter, Amount()) for counts in (self._stored, self._being_written))
        return sum(parts, self._pending.get(counter, Amount()))

    def add(self, counter: Counter, amount: Amount) -> None:
        """Here; a negative amount takes back what was added before."""
        self._pending[counter] += amount

    async def flush(self) -> bool:
        """Write what was counted since the last time, and hear of the others; False: that failed."""
        async with self._turn:
            now = self._now()
            wanted = (month_of(now), minute_before(now), minute_of(now))
            self._being_written, self._pending = dict(self._pending), defaultdict(Amount)
            try:
                self._stored = await self._threads.run(self._exchange, self._being_written, wanted)
            except Exception as error:
                self._take_back(wanted)
                self._on_failure(error)
                return False
            self._being_written = {}
            return True

    async def run(self) -> None:
        """Flush every second, and once more after `close`."""
        while True:
            is_last = self._is_closing.is_set()
            await self.flush()
            if is_last:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FLUSH_EVERY_S):
                    await self._is_closing.wait()

    def close(self) -> None:
        """Have `run` flush once more and end. Cancelling it might count a batch twice, or not at all."""
        self._is_closing.set()

    def _take_back(self, wanted: tuple[Period, ...]) -> None:
        """What was not written is pending again; not of minutes that nobody asks for any more."""
        for counter, amount in self._being_written.items():
            if counter.period.span == "month" or counter.period in wanted:
                self._pending[counter] += amount
        self._being_written = {}
