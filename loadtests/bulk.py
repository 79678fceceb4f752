"""A client that asks for much at once, beside whom others want to be served."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from loadtests.client import Target, open_session, translate


@dataclass(slots=True)
class BulkClient:
    """Sends one request of `size` texts after the other."""

    target: Target
    texts: Sequence[str]
    size: int
    num_answered: int = 0
    """Texts, so far."""
    seconds: float = 0.0
    """From its start to its last answer."""

    @property
    def rate(self) -> float:
        """Texts per second."""
        return self.num_answered / self.seconds if self.seconds else 0.0

    async def run(self) -> None:
        """Go on until cancelled.

        Raises:
            aiohttp.ClientError: a request was not answered with a 2xx.
        """
        started = time.perf_counter()
        texts = itertools.cycle(self.texts)
        async with open_session(1) as session:
            while True:
                await translate(session, self.target, list(itertools.islice(texts, self.size)))
                self.num_answered += self.size
                self.seconds = time.perf_counter() - started


@asynccontextmanager
async def sending_in_bulk(target: Target, texts: Sequence[str], size: int) -> AsyncIterator[BulkClient]:
    """A `BulkClient` at work for as long as the block lasts; of size 0, none.

    Raises:
        aiohttp.ClientError: one of its requests was not answered with a 2xx.
    """
    client = BulkClient(target, texts, size)
    task = asyncio.create_task(client.run()) if size else None
    try:
        yield client
    finally:
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
