"""Whether this process takes requests. It answers HTTP only once all its models have answered."""

from __future__ import annotations

from typing import Literal

from service.errors import ServiceError

ModelState = Literal["ready", "draining"]


class Readiness:
    """Ready from the start: Ray sends traffic to a replica whose constructor, which loads, has returned."""

    def __init__(self) -> None:
        self._is_draining = False

    def drain(self) -> None:
        """From now on nothing new is taken."""
        self._is_draining = True

    @property
    def state(self) -> ModelState:
        """For `/v1/models`."""
        return "draining" if self._is_draining else "ready"

    def check(self) -> None:
        """Pass if requests are taken.

        Raises:
            ServiceError: 503, draining.
        """
        if self._is_draining:
            raise ServiceError(
                503,
                "draining",
                "Service stopping",
                "This replica is shutting down; send the request again.",
                retry_after_s=1,
            )
