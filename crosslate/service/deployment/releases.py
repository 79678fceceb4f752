"""Handing applications to Ray Serve, one in place of the other."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosslate.service.deployment.rollout import DeploymentError, is_running, messages, wait_until_replaced
from crosslate.service.local_ray.ray_runtime import APP_NAME
from crosslate.service.process.signals import Signals
from crosslate.service.settings.config import Settings

if TYPE_CHECKING:
    from ray.serve import Application
    from ray.serve.handle import DeploymentHandle

_POLL_S = 1.0
_PATIENCE_S = 5.0
"""For a controller that does not answer."""


class Releases:
    """What is deployed.

    Serve takes a deployment away as soon as it is handed an application without it. But gateways from before
    answer until the new ones are ready, and then finish what they have: the dedicated models that only they
    use stay as long.
    """

    def __init__(self) -> None:
        # On a cluster there may be what another process has left, which is replaced, too.
        self._name = uuid.uuid4().hex
        self._count = 0
        self._handle: DeploymentHandle[Any] | None = None
        self._deployed: dict[str, Application] = {}
        """The dedicated models that gateways which answer may use."""
        self._new: dict[str, Application] = {}
        self._settings: Settings | None = None
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
        self._settings, self._new = settings, dedicated_models(settings, self._version)
        handle = _run(settings, self._version, self._new, list(self._only_before().values()))
        self._handle = self._handle or handle
        return self._handle

    def replace(self, settings: Settings, stop: Signals, proxy_folder: Path | None) -> bool:
        """Deploy, and wait until that serves everybody; as `wait_until_replaced`, which says the rest."""
        stale = messages()
        is_served = wait_until_replaced(settings, self.deploy(settings), stop, proxy_folder, stale)
        if is_served:
            self.confirm()
        return is_served

    def confirm(self) -> None:
        """Those that were deployed last serve everybody; what only others use goes when these have ended."""
        others = self._only_before()
        self._deployed = self._new | others
        if others:
            self._is_over.clear()
            self._removing = threading.Thread(target=self._remove, name="removing-models", daemon=True)
            self._removing.start()

    def stop(self) -> None:
        """Take nothing away any more."""
        self._is_over.set()
        if self._removing is not None:
            self._removing.join(_PATIENCE_S)

    @property
    def _version(self) -> str:
        """Ray leaves alone what it is handed again with the same."""
        return f"{self._name}.{self._count}"

    def _only_before(self) -> dict[str, Application]:
        return {name: model for name, model in self._deployed.items() if name not in self._new}

    def _remove(self) -> None:
        from ray.exceptions import RayActorError

        while not self._is_over.wait(_POLL_S):
            with contextlib.suppress(DeploymentError, RayActorError):  # of what has gone since: they stay
                if is_running() and self._settings is not None:
                    _run(self._settings, self._version, self._new, [])
                    self._deployed = self._new
                    return


def _run(
    settings: Settings, version: str, models: Mapping[str, Application], others: Sequence[Application]
) -> DeploymentHandle[Any]:
    from ray import serve

    from crosslate.service.deployment.replicas import build_application

    application = build_application(settings, version, models, others)
    target = serve.RunTarget(application, name=APP_NAME)
    (handle,) = serve.run_many([target], wait_for_applications_running=False)
    return handle
