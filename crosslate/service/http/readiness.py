"""Whether this process takes requests. It answers HTTP only once all its models have answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from crosslate.service.errors import ServiceError

ModelState = Literal["ready", "draining"]


class Readiness:
    """Ready from the start: Ray sends traffic to a replica whose constructor, which loads, has returned.

    Args:
        stopped_models: the ids of the models in this process that no engine serves any more.
    """

    def __init__(self, stopped_models: Callable[[], Sequence[str]] = tuple) -> None:
        self._stopped_models = stopped_models
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
                "draining", "This replica is shutting down; send the request again.", retry_after_s=1
            )

    def check_probe(self) -> None:
        """Pass if requests are taken and every model in this process has an engine that steps.

        Raises:
            ServiceError: 503, draining or model_unavailable.
        """
        self.check()
        if stopped := self._stopped_models():
            raise ServiceError(
                "model_unavailable",
                f"No engine of {', '.join(stopped)} steps any more; this replica is being replaced.",
                retry_after_s=10,
            )
