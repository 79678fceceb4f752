"""Answers that take their time, and clients that leave meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from starlette.types import Receive


async def send_while_connected(sending: Coroutine[Any, Any, None], receive: Receive) -> None:
    """Send to the end, or until the client leaves; the request's body has been read."""
    sender = asyncio.create_task(sending)
    watcher = asyncio.create_task(_disconnected(receive))
    try:
        await asyncio.wait({sender, watcher}, return_when=asyncio.FIRST_COMPLETED)
        if sender.done():
            await sender
    finally:
        sender.cancel()
        watcher.cancel()
        await asyncio.gather(sender, watcher, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
