"""Failures that came too late for a status: whoever sends the request again hears of them at once."""

from __future__ import annotations

import asyncio

from crosslate.service.errors import ServiceError


class LateFailures:
    """Of requests whose answers had begun with blanks, and were broken off.

    Clients take that for a fault of the connection, and send the request again: it would fail again as late.

    Args:
        keep_s: how long each is kept, which is longer than clients wait before they send again.
    """

    def __init__(self, *, keep_s: float) -> None:
        self._keep_s = keep_s
        self._kept: dict[bytes, ServiceError] = {}

    def __len__(self) -> int:
        """How many are kept."""
        return len(self._kept)

    def keep(self, request: bytes, error: ServiceError) -> None:
        """What a request would fail by again; `request` is a digest that tells it from all others."""
        if error.code == "timeout" or error.status < 500:
            self._kept[request] = error
            asyncio.get_running_loop().call_later(self._keep_s, self._forget, request, error)

    def check(self, request: bytes) -> None:
        """Pass if none is kept of the request; else raise it."""
        if request in self._kept:
            raise self._kept[request]

    def _forget(self, request: bytes, error: ServiceError) -> None:
        """Unless the request has failed once more meanwhile."""
        if self._kept.get(request) is error:
            del self._kept[request]
