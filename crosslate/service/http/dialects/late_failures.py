"""Failures that came too late for a status: whoever sends the request again hears of them at once."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable

from crosslate.service.errors import ServiceError


class LateFailures:
    """Of requests whose answers had begun with blanks, and were broken off.

    Clients take that for a fault of the connection, and send the request again: it would fail again as late.

    Args:
        keep_s: how long each is kept, which is longer than clients wait before they send again.
    """

    def __init__(self, *, keep_s: float) -> None:
        self._keep_s = keep_s
        self._kept: dict[Hashable, ServiceError] = {}

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def keep(self, request: Hashable, error: ServiceError) -> None:
        """What a request would fail by again; `request` tells it from all others."""
        if error.code == "timeout" or error.status < 500:
            self._kept[request] = error
            asyncio.get_running_loop().call_later(self._keep_s, self._kept.pop, request, None)

    def check(self, request: Hashable) -> None:
        """Pass if none is kept of the request; else raise it."""
        if request in self._kept:
            raise self._kept[request]
