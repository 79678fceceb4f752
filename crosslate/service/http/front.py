"""The port that clients use, as a replica sees it: whether what listens there hands it requests yet."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Callable
from dataclasses import dataclass

from crosslate.service.errors import ServiceError

_LIMIT_S = 2.0


@dataclass(frozen=True, slots=True)
class FrontAddress:
    """Where this machine reaches the service."""

    host: str
    port: int
    prefix: str = ""
    """Before each path."""


class Front:
    """A replica answers on its operation port before the proxy has heard of it: ready means both.

    Once it has been reached it counts as reached. A proxy that is slow later, under load, must not have every
    replica taken out of service.

    Args:
        address: gives where it is; None where nobody can tell, or where it is on another machine. It blocks.
    """

    def __init__(self, address: Callable[[], FrontAddress | None]) -> None:
        self._address = address
        self._is_reached = False

    async def check(self) -> None:
        """Pass if requests come through.

        Raises:
            ServiceError: 503, loading.
        """
        if not self._is_reached:
            self._is_reached = await asyncio.to_thread(self._reaches)
        if not self._is_reached:
            raise ServiceError(
                "loading",
                "The models are loaded, but the service's port does not hand requests on yet.",
                retry_after_s=1,
            )

    def _reaches(self) -> bool:
        address = self._address()
        return address is None or _is_served(address)


def _is_served(address: FrontAddress) -> bool:
    """Whether a replica answers there, whichever: the proxy knows no version."""
    connection = http.client.HTTPConnection(address.host, address.port, timeout=_LIMIT_S)
    try:
        connection.request("GET", f"{address.prefix}/version")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
