"""Running the service: a local Ray or a given cluster, until a signal, then draining."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from crosslate.models.checkpoints.model_files import check_holds_model, find_model
from crosslate.models.errors import CheckpointError
from crosslate.service.deployment.draining import drain
from crosslate.service.deployment.local_settings import num_models, settings_for_replicas
from crosslate.service.deployment.releases import Releases
from crosslate.service.deployment.rollout import (
    DeploymentError,
    ProxyBehindError,
    answers,
    reach,
    wait_until_ready,
)
from crosslate.service.errors import ToldError
from crosslate.service.haproxy.failures import Failure, failures_told
from crosslate.service.haproxy.starts import FailedStarts
from crosslate.service.local_ray.port_claims import claimed_port
from crosslate.service.local_ray.port_owner import local_host, who_serves
from crosslate.service.local_ray.ray_environment import local_ray_environment
from crosslate.service.local_ray.ray_runtime import (
    cluster_ray,
    local_ray,
    lost_process,
    ray_logs,
    start_serve,
)
from crosslate.service.local_ray.ray_watch import RayWatch
from crosslate.service.logs.printable import one_line
from crosslate.service.process.signals import Signals
from crosslate.service.settings import served_origins
from crosslate.service.settings.config import Settings
from crosslate.service.terminal.serve_log import ServeLog
from crosslate.service.terminal.stages import Stages, loading


class _Reload(NamedTuple):
    """What became of other settings."""

    told: str
    is_fault: bool = True
    """Whether somebody has to do something about it."""


_STOPPED = _Reload("SIGHUP: stopped before they were served.", is_fault=False)


def run(
    settings: Settings,
    load_again: Callable[[], Settings] | None = None,
    stages: Stages | None = None,
    log: ServeLog | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is under way.

    Args:
        settings: to start with.
        load_again: what SIGHUP asks for: settings that replace those that are served. New replicas load them
            beside the old ones, which go when those are ready, or stay if they fail.
        stages: tells what is being done until it is ready.
        log: takes what is to be said from then on.

    Raises:
        CheckpointError: a model cannot be found.
        KeyFileError, StoreError: a key cannot be read, or what keys have used not be kept.
        DeploymentError: the service did not start.
        RayStartError: nor did Ray.
        ReachError: the nodes of a cluster cannot reach each other.
        PortsTakenError: too many services run on this machine.
        TemplateError: this version of Ray is not one that HAProxy's limits are known for, or it does not run.
        NoHAProxyError: there is none where it was said to be.
        KeyboardInterrupt: a signal came before it was ready, or a second one before it had drained.
    """
    is_local = not os.environ.get("RAY_ADDRESS")
    log = log or ServeLog(settings.log)
    stages = stages or Stages("Starting")
    stages.tell(log)
    try:
        with log.taking_logs(), _claimed_ports(settings) if is_local else contextlib.nullcontext():
            _serve(settings, load_again, stages, log, is_local=is_local)
    finally:
        stages.close()


def _serve(
    settings: Settings,
    load_again: Callable[[], Settings] | None,
    stages: Stages,
    log: ServeLog,
    *,
    is_local: bool,
) -> None:
    with contextlib.ExitStack() as stack:
        signals = stack.enter_context(Signals())
        if is_local:
            stages.enter("Looking for the models")
            _check(settings, stages.enter)
        haproxy = stack.enter_context(local_ray_environment(settings.limits.max_timeout_s))
        served_origins.write(settings.cors.allow_origins, os.environ)
        stack.enter_context(failures_told(haproxy.folder, partial(_tell_failure, log)))
        for_replicas = stack.enter_context(settings_for_replicas(settings, stages, is_local=is_local))
        stages.enter("Starting Ray")
        stack.enter_context(
            local_ray(settings, signals, haproxy, stages.close, partial(log.alert, "ray"))
            if is_local
            else cluster_ray(settings, signals, partial(log.alert, "ray"))
        )
        stages.enter("Starting Ray Serve")
        start_serve(settings)
        stages.enter(loading(0, num_models(settings)))
        url = _url(settings)
        # Where the proxy has no probe, it has the replicas as soon as it does not answer for them any more.
        probe = url + ("/readyz" if settings.operation_port is None else "/version")
        releases = Releases()
        handle = releases.deploy(for_replicas(settings))
        _wait(settings, probe, signals, FailedStarts(haproxy.folder) if is_local else None)
        stages.close()
        with signals.noted():
            with _ray_watched(signals) if is_local else contextlib.nullcontext():
                log.say("ready", f"Crosslate is ready at {url}." if log.is_json else _welcome(url), url=url)
                releases.confirm()
                reach(handle, settings)
                replace = partial(_replace, load_again, for_replicas, settings, releases, signals)
                while signals.wait_for_reload():
                    replaced = replace(log=log, proxy_folder=haproxy.folder if is_local else None)
                    (log.alert if replaced.is_fault else log.say)("reload", replaced.told)
            log.say("stopping", "Stopping: finishing the requests under way. Press Ctrl-C to stop at once.")
        releases.stop()
        if not drain(handle, settings.drain_timeout_s):
            limit = f"{settings.drain_timeout_s:g} s"
            log.alert("cut_off", f"Some requests were not finished within {limit} and are cut off.")


def _tell_failure(log: ServeLog, failure: Failure) -> None:
    """So that a client's request id is found that no replica has logged."""
    fields: dict[str, object] = {"status": failure.status, "duration_ms": failure.duration_ms}
    fields |= {"request_id": failure.request_id} if failure.request_id else {}
    (log.alert if failure.is_fault else log.say)("proxy", str(failure), **fields)


@contextlib.contextmanager
def _ray_watched(signals: Signals) -> Iterator[None]:
    """Ends the block where nothing can be served any more.

    Raises:
        DeploymentError: that has happened.
    """
    watch = RayWatch(lost_process, signals.end)
    with watch.looking():
        yield
    if watch.ended is not None:
        raise DeploymentError(
            f"Ray's process {watch.ended} has ended, and all replicas with it (memory: see the kernel's log, "
            f"and {ray_logs() / watch.ended}.err): start the service again, or have a supervisor do so"
        )


def _wait(settings: Settings, probe: str, signals: Signals, proxy: FailedStarts | None) -> None:
    """Until the service is ready; or is to end, but has answered, which clients may know before this process.

    Args:
        settings: how long it may take.
        probe: where it answers.
        signals: may end the wait.
        proxy: of a Ray of this machine; None where the service may be reached elsewhere.

    Raises:
        KeyboardInterrupt: it is to end, and nobody has been served.
        DeploymentError: as `wait_until_ready`.
    """
    try:
        if wait_until_ready(settings, probe if proxy else None, signals, proxy):
            return
        raise KeyboardInterrupt
    except KeyboardInterrupt:
        if not (proxy and answers(probe)):
            raise
    signals.heed_again()


def _check(settings: Settings, say: Callable[[str], None]) -> None:
    """Find out, before anything is started, what would keep replicas from starting; fetch models, once.

    Raises:
        CheckpointError: a model cannot be found.
        KeyFileError, StoreError: as `check_accounts`.
    """
    for model in settings.models:
        try:
            check_holds_model(find_model(model.location, say))
        except CheckpointError as error:
            if model.path is None:
                raise
            raise CheckpointError(f"the model {model.id!r}: {error}") from None
    if settings.auth.keys:
        from crosslate.service.serving.accounts import check_accounts

        check_accounts(settings)


def _replace(
    load: Callable[[], Settings] | None,
    for_replicas: Callable[[Settings], Settings],
    first: Settings,
    releases: Releases,
    signals: Signals,
    *,
    log: ServeLog,
    proxy_folder: Path | None,
) -> _Reload:
    """Deploy other settings beside those that are served; what became of it, for the log."""
    if load is None:
        return _Reload("SIGHUP: these settings were not read from anywhere, so they stay as they are.")
    try:
        settings = load()
        is_local = not os.environ.get("RAY_ADDRESS")
        # It may fetch models for minutes, which an end does not wait for.
        if is_local and not signals.wait_for_work(partial(_check, settings, partial(log.say, "reload"))):
            return _STOPPED
    except (ToldError, CheckpointError) as error:
        return _Reload(f"SIGHUP: the settings stay as they are: {one_line(str(error))}")
    if any(getattr(settings, name) != getattr(first, name) for name in ("host", "port", "operation_port")):
        return _Reload("SIGHUP: the settings stay as they are: another host or port needs a restart.")
    return _replaced(releases, for_replicas(settings), signals, proxy_folder)


def _replaced(releases: Releases, settings: Settings, signals: Signals, proxy_folder: Path | None) -> _Reload:
    """A service that answers does not end with a change that fails, whatever Ray raises."""
    try:
        is_served = releases.replace(settings, signals, proxy_folder)
    except ProxyBehindError as error:
        return _Reload(
            f"SIGHUP: the new settings are loaded, but HAProxy may not give requests to them: {error}"
        )
    except DeploymentError as error:
        return _Reload(f"SIGHUP: the models that were served before stay: {one_line(str(error))}")
    except Exception as error:
        said = one_line(f"{type(error).__name__}: {error}")
        return _Reload(f"SIGHUP: the models that were served before stay: unexpected {said}")
    return _Reload("SIGHUP: the new settings are served.", is_fault=False) if is_served else _STOPPED


@contextlib.contextmanager
def _claimed_ports(settings: Settings) -> Iterator[None]:
    """The ports that Serve and the replicas are going to open on this machine."""
    wanted = {"--port": settings.port, "operation_port": settings.operation_port}
    with contextlib.ExitStack() as claims:
        for setting, port in wanted.items():
            if port is None:
                continue
            try:
                claims.enter_context(claimed_port(settings.host, port))
            except OSError as error:
                told = who_serves(settings.host, port) if error.errno == errno.EADDRINUSE else None
                other = "--host" if _is_no_address_here(error) else setting
                raise DeploymentError(
                    f"cannot listen on {settings.host}:{port} ({told or error.strerror}): "
                    f"choose another one with {other}"
                ) from None
        yield


def _is_no_address_here(error: OSError) -> bool:
    return isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL


def _url(settings: Settings) -> str:
    """Where this machine reaches the service."""
    host = local_host(settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def _welcome(url: str) -> str:
    return (
        f"Crosslate is ready at {url}. Open it in a browser, or try\n\n"
        f"  curl {url}/v1/translate -H 'Content-Type: application/json' \\\n"
        """    -d '{"text": "The cat sleeps.", "target_lang": "pt", "alignment": "links"}'\n\n"""
        "Stop with Ctrl-C."
    )
