"""Waiting until an application that was handed to Ray Serve answers."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosslate.service.errors import ToldError
from crosslate.service.haproxy.admin import replicas_known
from crosslate.service.haproxy.starts import FailedStarts
from crosslate.service.local_ray.ray_runtime import APP_NAME
from crosslate.service.process.signals import Signals
from crosslate.service.settings.config import Settings

if TYPE_CHECKING:
    from ray.serve.handle import DeploymentHandle
    from ray.serve.schema import DeploymentStatusOverview

_POLL_S = 0.25
_ASK_LIMIT_S = 5.0
# This machine's own address, whatever proxy `http_proxy` names.
_open_directly = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
_EXCEPTION_NAME = re.compile(r"^(\w+\.)*\w+(Error|Exception): ")
_FAILS_ALWAYS = re.compile(r"^[\w.]*\.(CheckpointError|KeyFileError|PortError): ", re.MULTILINE)
"""What a constructor says of itself where it would only do so again."""


class DeploymentError(ToldError):
    """The service cannot start; the message says why and what to do."""


class ProxyBehindError(DeploymentError):
    """All replicas are there, and requests are not given to all of them yet."""


def wait_until_ready(
    settings: Settings, url: str | None, stop: Signals, proxy: FailedStarts | None = None
) -> bool:
    """Whether what was deployed answers; False where a signal came first.

    Args:
        settings: how long it may take.
        url: has to answer as well.
        stop: ends the wait.
        proxy: what is known of the one that answers at `url`.

    Raises:
        DeploymentError: Ray has given up, it took too long, or the proxy does not start.
    """
    deadline = time.monotonic() + settings.startup_timeout_s
    while not stop.wait(_POLL_S):
        if is_running() and (url is None or answers(url)):
            return True
        if proxy is not None and (reason := proxy.reason()):
            raise DeploymentError(
                f"HAProxy does not start ({reason}): `crosslate doctor` looks at it, "
                "and RAY_SERVE_ENABLE_HA_PROXY=0 does without, more slowly"
            )
        if time.monotonic() > deadline:
            raise DeploymentError(
                f"not ready after {settings.startup_timeout_s:g} s (startup_timeout_s): "
                + _deployment_states()
            )
    return False


def wait_until_replaced(
    settings: Settings,
    handle: DeploymentHandle[Any],
    stop: Signals,
    proxy_folder: Path | None,
    stale: Collection[str] = (),
) -> bool:
    """Whether what was deployed serves everybody by now; False where a signal came first.

    Replicas from before may still be at work on what they have: Ray calls the application running only when
    they have ended, which takes as long as their longest request.

    Args:
        settings: that replicas got.
        handle: of the gateway.
        stop: ends the wait.
        proxy_folder: of this machine's HAProxy, which may be slow to read of the new replicas.
        stale: as `is_running` has it.

    Raises:
        ProxyBehindError: HAProxy has not read of the new replicas, and it took too long.
        DeploymentError: as `wait_until_ready`.
    """
    deadline = time.monotonic() + settings.startup_timeout_s
    while not stop.wait(_POLL_S):
        has_replicas = is_running(beside_others=True, stale=stale)
        gateways = _having(settings, handle) if has_replicas else set()
        if _is_known(gateways, proxy_folder):
            return True
        if time.monotonic() > deadline:
            kind = ProxyBehindError if gateways else DeploymentError
            raise kind(
                f"not replaced after {settings.startup_timeout_s:g} s (startup_timeout_s): "
                + (_deployment_states() or "HAProxy has not read of the new replicas")
            )
    return False


def reach(handle: DeploymentHandle[Any], settings: Settings) -> None:
    """Have the handle know its replicas from now on, for it asks Serve's controller at its first call.

    When the service ends, that may be busy, or gone.
    """
    _having(settings, handle)


def _having(settings: Settings, handle: DeploymentHandle[Any]) -> set[str]:
    """The names of all gateways, where all have these settings; else none."""
    from ray.serve.exceptions import DeploymentUnavailableError

    try:
        answers = handle.broadcast("has", settings).results(timeout_s=_ASK_LIMIT_S, return_exceptions=True)
    except (TimeoutError, DeploymentUnavailableError):  # the latter: none is left, and none has started yet
        return set()
    having = {answer[0] for answer in answers if not isinstance(answer, BaseException) and answer[1]}
    return having if len(having) == len(answers) else set()


def _is_known(gateways: set[str], proxy_folder: Path | None) -> bool:
    """Whether requests are given to these, all of them and no others."""
    sockets = proxy_folder.glob("*/admin.sock") if proxy_folder else ()
    known = [{name.rpartition("-")[2] for name in replicas_known(str(path))} for path in sockets]
    return bool(gateways) and all(names == gateways for names in known)


def messages() -> set[str]:
    """What Ray says of the deployments that there are, such as why one has not started."""
    return {deployment.message for deployment in _deployments().values()}


def are_healthy(deployments: Collection[str]) -> bool:
    """Whether Ray has all replicas of these up."""
    states = _deployments()
    return all(name in states and states[name].status == "HEALTHY" for name in deployments)


def is_running(*, beside_others: bool = False, stale: Collection[str] = ()) -> bool:
    """Whether Ray has all replicas up.

    Args:
        beside_others: those that are to go may still be there.
        stale: messages that are of an earlier try: they stay until Ray has begun with the next one.

    Raises:
        DeploymentError: it has given up.
    """
    from ray import serve

    application = serve.status().applications.get(APP_NAME)
    if application is None:
        return False
    said = {deployment.message for deployment in application.deployments.values()}.difference(stale)
    has_failed = application.status == "DEPLOY_FAILED" and not _is_mended(application.deployments.values())
    if has_failed or any(map(_FAILS_ALWAYS.search, said)):
        raise DeploymentError(f"the service did not start: {_deployment_states() or application.message}")
    if beside_others:
        states = {state for each in application.deployments.values() for state in each.replica_states}
        return states <= {"RUNNING", "STOPPING"}
    return bool(application.status == "RUNNING")


def _is_mended(deployments: Iterable[DeploymentStatusOverview]) -> bool:
    """Whether what has failed are replicas that had loaded, in whose place Ray starts others."""
    failed = [deployment for deployment in deployments if deployment.status == "DEPLOY_FAILED"]
    return bool(failed) and all(each.status_trigger == "HEALTH_CHECK_FAILED" for each in failed)


def answers(url: str) -> bool:
    """Whether there is a good answer at an address of this machine."""
    try:
        with _open_directly(url, timeout=_ASK_LIMIT_S):
            return True
    except OSError:
        return False


def _deployment_states() -> str:
    """What Ray says about the deployments that are not healthy, each in one line."""
    return "; ".join(
        f"{name}: {_last_line(state.message) or state.status}"
        for name, state in _deployments().items()
        if state.status != "HEALTHY"
    )


def _deployments() -> Mapping[str, DeploymentStatusOverview]:
    from ray import serve

    application = serve.status().applications.get(APP_NAME)
    return application.deployments if application else {}


def _last_line(message: str) -> str:
    """Of a traceback: what was raised, without the exception's name."""
    lines = [line.strip() for line in message.strip().splitlines() if line.strip()]
    return _EXCEPTION_NAME.sub("", lines[-1]) if lines else ""
