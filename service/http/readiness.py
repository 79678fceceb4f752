"""Whether this process should get traffic."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Literal

from service.errors import ServiceError

ModelState = Literal["loading", "ready", "draining"]


class Readiness:
    """The state of each configured model: loading until it has answered one warm request, then ready."""

    def __init__(self, model_ids: Iterable[str]) -> None:
        self._loading = dict.fromkeys(model_ids)
        self._draining = False
        self._ready = asyncio.Event()
        self._settle()

    def mark_ready(self, model_id: str) -> None:
        """This model has answered."""
        self._loading.pop(model_id, None)
        self._settle()

    def drain(self) -> None:
        """From now on nothing new is taken."""
        self._draining = True

    @property
    def is_draining(self) -> bool:
        """Whether the service is stopping."""
        return self._draining

    def state_of(self, model_id: str) -> ModelState:
        """For `/v1/models`."""
        if self._draining:
            return "draining"
        return "loading" if model_id in self._loading else "ready"

    def check(self) -> None:
        """Pass if every model is ready.

        Raises:
            ServiceError: 503, loading or draining.
        """
        if self._draining:
            raise ServiceError(
                503,
                "draining",
                "Service stopping",
                "This replica is shutting down; try again.",
                retry_after_s=1,
            )
        if self._loading:
            names = ", ".join(self._loading)
            raise ServiceError(
                503,
                "loading",
                "Service loading",
                f"These models are still loading: {names}.",
                retry_after_s=2,
            )

    async def wait(self) -> None:
        """Until every model is ready."""
        await self._ready.wait()

    def _settle(self) -> None:
        if not self._loading:
            self._ready.set()
