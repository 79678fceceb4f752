"""That a replica is to go, which Ray Serve tells its health checks, and not the replica."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from typing import Any


def on_leaving(do: Callable[[], Awaitable[None]]) -> None:
    """Have something done as soon as Serve ends this replica, while what is under way goes on.

    Serve calls `__del__` only when that has ended.
    """
    replica: Any = importlib.import_module("ray.serve._private.replica").Replica
    end = replica._perform_graceful_shutdown

    async def leave(self: object) -> None:
        doing = asyncio.ensure_future(do())
        await end(self)
        await doing

    replica._perform_graceful_shutdown = leave
