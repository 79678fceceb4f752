"""Handing applications to Ray Serve, one in place of the other."""

from __future__ import annotations

import contextlib
import os
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosslate.service.deployment.rollout import (
    DeploymentError,
    ProxyBehindError,
    are_healthy,
    is_running,
    messages,
    wait_until_replaced,
)
from crosslate.service.local_ray.ray_runtime import APP_NAME
from crosslate.service.process.signals import Signals
from crosslate.service.settings import served_origins
from crosslate.service.settings.config import Settings

if TYPE_CHECKING:
    from ray.serve import Application
    from ray.serve.handle import DeploymentHandle

_POLL_S = 1.0
_PATIENCE_S = 5.0
"""For a controller that does not answer."""


@dataclass(frozen=True, slots=True)
class _Release:
    """What is handed to Serve at a time."""

    settings: Settings
    version: str
    """Ray leaves alone what it is handed again with the same."""
    models: Mapping[str, Application]
    """The dedicated ones."""


class Releases:
    """What is deployed.

    Serve takes a deployment away as soon as it is handed an application without it. But gateways from before
    answer until the new ones are ready, and then finish what they have: the dedicated models that only they
    use stay as long. And Serve starts what it was handed last, also in the place of a replica that has ended:
    where that fails, it is handed what is served once more.
    """

    def __init__(self) -> None:
        # On a cluster there may be what another process has left, which is replaced, too.
        self._name = uuid.uuid4().hex
        self._count = 0
        self._handle: DeploymentHandle[Any] | None = None
        self._last: _Release | None = None
        """What Serve was handed last."""
        self._served: _Release | None = None
        """What serves everybody."""
        self._in_use: dict[str, Application] = {}
        """The dedicated models that gateways which answer may use."""
        self._removing: threading.Thread | None = None
        self._is_over = threading.Event()

    def deploy(self, settings: Settings) -> DeploymentHandle[Any]:
        """Have these models served, beside those that are already; those go when these are ready.

        Args:
            settings: what replicas get.

        Returns:
            The handle of the gateway, each time the same: one has threads of its own, and nobody ends them.
        """
        from crosslate.service.deployment.replicas import dedicated_models

        self.stop()
        self._count += 1
        version = f"{self._name}.{self._count}"
        handle = self._hand_over(_Release(settings, version, dedicated_models(settings, version)))
        self._handle = self._handle or handle
        return self._handle

    def replace(self, settings: Settings, stop: Signals, proxy_folder: Path | None) -> bool:
        """Deploy, and wait until that serves everybody; as `wait_until_replaced`, which says the rest.

        Where it fails, what was served before is what Serve keeps up.
        """
        stale = messages()
        try:
            is_served = wait_until_replaced(settings, self.deploy(settings), stop, proxy_folder, stale)
        except ProxyBehindError:
            self.confirm()
            raise
        except Exception:
            self._go_back()
            raise
        if is_served:
            self.confirm()
        return is_served

    def confirm(self) -> None:
        """Those that were deployed last serve everybody; what only others use goes when these have ended."""
        self._served = self._last
        self._remove_others()

    def stop(self) -> None:
        """Take nothing away any more."""
        self._is_over.set()
        if self._removing is not None:
            self._removing.join(_PATIENCE_S)

    def _go_back(self) -> None:
        """To what is served. Where all of the other's models have loaded, one of its gateways may answer."""
        if self._served is None or self._last is None:
            return
        if are_healthy(_names(self._last.models)):
            self._in_use = {**self._last.models, **self._in_use}
        self._hand_over(self._served)
        self._remove_others()

    def _hand_over(self, release: _Release) -> DeploymentHandle[Any]:
        self._last = release
        # Before: HAProxy reads it once more when it hears of the replicas with these settings.
        served_origins.write(release.settings.cors.allow_origins, os.environ)
        return _run(release, list(self._others(release).values()))

    def _others(self, release: _Release) -> dict[str, Application]:
        """The models that only gateways of other releases use."""
        return {name: model for name, model in self._in_use.items() if name not in release.models}

    def _remove_others(self) -> None:
        """Once nobody uses them."""
        if self._last is None:
            return
        others = self._others(self._last)
        self._in_use = {**self._last.models, **others}
        if others:
            self._is_over.clear()
            self._removing = threading.Thread(
                target=self._remove, args=(self._last,), name="removing-models", daemon=True
            )
            self._removing.start()

    def _remove(self, release: _Release) -> None:
        from ray.exceptions import RayActorError

        while not self._is_over.wait(_POLL_S):
            with contextlib.suppress(DeploymentError, RayActorError):  # of what has gone since: they stay
                if is_running():
                    _run(release, [])
                    self._in_use = dict(release.models)
                    return


def _names(models: Mapping[str, Application]) -> set[str]:
    """Of their deployments."""
    return {str(model._bound_deployment.name) for model in models.values()}


def _run(release: _Release, others: Sequence[Application]) -> DeploymentHandle[Any]:
    from ray import serve

    from crosslate.service.deployment.replicas import build_application

    application = build_application(release.settings, release.version, release.models, others)
    target = serve.RunTarget(application, name=APP_NAME)
    (handle,) = serve.run_many([target], wait_for_applications_running=False)
    return handle
