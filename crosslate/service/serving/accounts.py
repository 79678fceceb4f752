"""The keys of one process, and what they have used, with the store behind them."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Self

from crosslate.service.auth.access import Access, without_keys
from crosslate.service.auth.keys import load_keys
from crosslate.service.auth.meter import UsageMeter
from crosslate.service.logs.logging import Logger
from crosslate.service.logs.recurring import Recurring
from crosslate.service.serving.metrics import ServiceMetrics
from crosslate.service.settings.config import Settings
from crosslate.service.store.database import StoreError, open_database, reason_of
from crosslate.service.store.periods import utc_now
from crosslate.service.store.usage import UsageStore

_CLOSE_LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Accounts:
    """What `Serving` asks, and the task that brings its counts to the store; none where there are no keys."""

    access: Access
    writing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, settings: Settings, metrics: ServiceMetrics, logger: Logger) -> Self:
        """With what all replicas have counted so far.

        Raises:
            KeyFileError: a key cannot be read.
            StoreError: the database cannot be used.
        """
        keys = load_keys(settings.auth)
        if not keys.keys:
            return cls(without_keys())
        for key in keys.keys:
            metrics.watch_key(key.name)
        engine = await asyncio.to_thread(open_database, settings.store.url, settings.state_dir)

        failing = Recurring()

        def on_failure(error: Exception) -> None:
            metrics.observe_store_failure()
            if times := failing.count():
                about = {"exception": type(error).__name__, "reason": reason_of(error)}
                logger.error("usage_not_written", times=times, **about)

        def on_success() -> None:
            if episode := failing.ended():
                logger.info("usage_written_again", times=episode.times, seconds=episode.seconds)

        meter = UsageMeter(UsageStore(engine).exchange, utc_now, on_failure, on_success)
        if not await meter.flush():
            engine.dispose()
            raise StoreError("store.url: the database was opened, but its usage cannot be read; see the log")
        access = Access(
            keys, meter, on_charge=metrics.observe_charge, on_refusal=metrics.observe_quota_rejection
        )
        writing = asyncio.create_task(meter.run())
        writing.add_done_callback(lambda _: engine.dispose())
        return cls(access, writing)

    async def close(self) -> None:
        """Write what was counted last."""
        if self.writing is None:
            return
        self.access.meter.close()
        with contextlib.suppress(TimeoutError):
            # Not cancelled when it takes too long: a batch that is being written would count twice, or not.
            await asyncio.wait_for(asyncio.shield(self.writing), _CLOSE_LIMIT_S)


def check_accounts(settings: Settings) -> None:
    """Find out before anything is started what would keep a replica from opening its own.

    Raises:
        KeyFileError, StoreError: as `Accounts.open`.
    """
    if load_keys(settings.auth).keys:
        open_database(settings.store.url, settings.state_dir).dispose()
