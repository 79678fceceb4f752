"""What the keys have used, as far as this replica knows: of all replicas a second ago, of its own now."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from crosslate.service.store.periods import Period, minute_before, minute_of, month_of
from crosslate.service.store.threads import StoreThreads
from crosslate.service.store.usage import Amount, Counter, UsageBatch

FLUSH_EVERY_S = 1.0

Exchange = Callable[[UsageBatch, tuple[Period, ...]], dict[Counter, Amount]]
"""See `UsageStore.exchange`."""


class UsageMeter:
    """Counts in memory, and brings what it has counted to the store in batches.

    A kill loses the batch that was not written yet, of about a second. While the store cannot be reached, the
    next batch grows, and this replica's own counts hold. A batch that failed may have been written all the
    same, where the answer was lost: it is sent again as it is, and the store knows it.

    Args:
        exchange: adds a batch in the store and gives what all have counted. It blocks: a thread calls it.
        now: the time, with its zone.
        on_failure: told why a batch could not be written, each time.
        on_success: told each time that one was.
    """

    def __init__(
        self,
        exchange: Exchange,
        now: Callable[[], datetime],
        on_failure: Callable[[Exception], None],
        on_success: Callable[[], None] = lambda: None,
    ) -> None:
        self._exchange = exchange
        self._now = now
        self._on_failure = on_failure
        self._on_success = on_success
        self._stored: dict[Counter, Amount] = {}
        self._being_written = UsageBatch({}, number=0)
        self._pending: defaultdict[Counter, Amount] = defaultdict(Amount)
        self._threads = StoreThreads(1)
        self._turn = asyncio.Lock()
        self._is_closing = asyncio.Event()

    def used(self, counter: Counter) -> Amount:
        """In all replicas."""
        parts = (counts.get(counter, Amount()) for counts in (self._stored, self._being_written.amounts))
        return sum(parts, self._pending.get(counter, Amount()))

    def add(self, counter: Counter, amount: Amount) -> None:
        """Here; a negative amount takes back what was added before."""
        self._pending[counter] += amount

    async def flush(self) -> bool:
        """Write what was counted since the last time, and hear of the others; False: that failed."""
        async with self._turn:
            last = self._being_written
            if last.amounts and not await self._write():  # one that failed, as it was
                return False
            self._being_written = replace(last, amounts=dict(self._pending), number=last.number + 1)
            self._pending = defaultdict(Amount)
            return await self._write()

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

    async def _write(self) -> bool:
        now = self._now()
        wanted = (month_of(now), minute_before(now), minute_of(now))
        try:
            self._stored = await self._threads.run(self._exchange, self._being_written, wanted)
        except Exception as error:
            self._forget_minutes(wanted)
            self._on_failure(error)
            return False
        self._being_written = replace(self._being_written, amounts={})
        self._on_success()
        return True

    def _forget_minutes(self, wanted: tuple[Period, ...]) -> None:
        """Those that nobody asks for any more, which would pile up while nothing is written."""

        def kept(counts: Mapping[Counter, Amount]) -> dict[Counter, Amount]:
            return {
                counter: amount
                for counter, amount in counts.items()
                if counter.period.span == "month" or counter.period in wanted
            }

        self._being_written = replace(self._being_written, amounts=kept(self._being_written.amounts))
        self._pending = defaultdict(Amount, kept(self._pending))
