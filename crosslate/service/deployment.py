"""Running the service: a local Ray or a given cluster, until a signal, then draining."""

from __future__ import annotations

import contextlib
import functools
import io
import ipaddress
import logging
import os
import re
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crosslate.models.errors import CheckpointError
from crosslate.models.model_files import find_model
from crosslate.service.accounts import check_accounts
from crosslate.service.auth.keys import KeyFileError
from crosslate.service.config import Settings, SettingsError
from crosslate.service.errors import ToldError
from crosslate.service.haproxy.template import check_template
from crosslate.service.log_relay import relayed_to
from crosslate.service.logging import resolve_format
from crosslate.service.machine import available_cpus
from crosslate.service.port_claims import claimed_port
from crosslate.service.ray_environment import local_ray_environment
from crosslate.service.ray_sessions import session_kept
from crosslate.service.ray_start import ray_started
from crosslate.service.signals import Signals
from crosslate.service.store.database import StoreError

if TYPE_CHECKING:
    from ray.serve.handle import DeploymentHandle

APP_NAME = "crosslate"

_STORE_BYTES = 512 * 2**20
"""For what passes between replicas at a time. Ray would take a third of the memory, and where `/dev/shm` is
small, as in a container, as much of the disk."""
_POLL_S = 0.25
_PROGRESS_EVERY_S = 5.0
# This machine's own address, whatever proxy `http_proxy` names.
_open_directly = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
_EXCEPTION_NAME = re.compile(r"^(\w+\.)*\w+(Error|Exception): ")
_FAILS_ALWAYS = re.compile(r"^[\w.]*\.(CheckpointError|KeyFileError|PortError): ", re.MULTILINE)
"""What a constructor says of itself where it would only do so again."""


class DeploymentError(ToldError):
    """The service cannot start; the message says why and what to do."""


def run(settings: Settings, load_again: Callable[[], Settings] | None = None) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is under way.

    Args:
        settings: to start with.
        load_again: what SIGHUP asks for: settings that replace those that are served. New replicas load them
            beside the old ones, which go when those are ready, or stay if they fail.

    Raises:
        CheckpointError: a model cannot be found.
        KeyFileError, StoreError: a key cannot be read, or what keys have used not be kept.
        DeploymentError: the service did not start.
        RayStartError: nor did Ray.
        PortsTakenError: too many services run on this machine.
        TemplateError: this version of Ray is not one that HAProxy's limits are known for.
    """
    is_local = not os.environ.get("RAY_ADDRESS")
    with _claimed_ports(settings) if is_local else contextlib.nullcontext():
        _serve(settings, load_again, is_local=is_local)


def _serve(settings: Settings, load_again: Callable[[], Settings] | None, *, is_local: bool) -> None:
    if is_local:
        _fetch_models(settings)
        check_accounts(settings)
    with (
        local_ray_environment(settings.limits.max_timeout_s) as folder,
        Signals() as signals,
        _replica_settings(settings, is_local=is_local) as for_replicas,
        _ray(settings, signals, folder, is_local=is_local),
    ):
        url = _url(settings)
        # Where the proxy has no probe, it has the replicas as soon as it does not answer for them any more.
        probe = "/readyz" if settings.operation_port is None else "/version"
        handle = _deploy(for_replicas(settings), url + probe if is_local else None, signals)
        if handle is None:
            return
        _say(_welcome(url))
        while signals.wait_for_reload():
            _say(_replace(load_again, for_replicas, settings, signals))
        _say("Stopping: finishing the requests under way.")
        _drain(handle, settings)


def _fetch_models(settings: Settings) -> None:
    """Once, before replicas look for them; raises `CheckpointError`."""
    for model in settings.models:
        find_model(model.location, None if sys.stderr.isatty() else _say)


def _replace(
    load: Callable[[], Settings] | None,
    for_replicas: Callable[[Settings], Settings],
    first: Settings,
    signals: Signals,
) -> str:
    """Deploy other settings beside those that are served; what became of it, for the log."""
    if load is None:
        return "SIGHUP: these settings were not read from anywhere, so they stay as they are."
    try:
        settings = load()
        if not os.environ.get("RAY_ADDRESS"):
            _fetch_models(settings)
            check_accounts(settings)
    except (SettingsError, CheckpointError, KeyFileError, StoreError) as error:
        return f"SIGHUP: the settings stay as they are: {error}"
    if any(getattr(settings, name) != getattr(first, name) for name in ("host", "port", "operation_port")):
        return "SIGHUP: the settings stay as they are: another host or port needs a restart."
    try:
        is_served = _deploy(for_replicas(settings), None, signals) is not None
    except DeploymentError as error:
        return f"SIGHUP: the models that were served before stay: {error}"
    return "SIGHUP: the new settings are served." if is_served else "SIGHUP: stopped before they were served."


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
                raise DeploymentError(
                    f"cannot listen on {settings.host}:{port} ({error.strerror}): "
                    f"choose another one with {setting}"
                ) from None
        yield


@contextlib.contextmanager
def _replica_settings(settings: Settings, *, is_local: bool) -> Iterator[Callable[[Settings], Settings]]:
    """Gives what turns settings into those that replicas get.

    Local ones log to this process's standard error.
    """
    if not is_local:
        yield lambda settings: settings
        return
    if settings.log.socket:
        yield _unreserved
        return
    with relayed_to(sys.stderr) as path:

        def logged_here(settings: Settings) -> Settings:
            update = {"socket": path, "format": resolve_format(settings.log, sys.stderr)}
            return _unreserved(settings).model_copy(update={"log": settings.log.model_copy(update=update)})

        yield logged_here


def _unreserved(settings: Settings) -> Settings:
    """Without CPUs to reserve, which limit nothing on one machine: replicas would only wait for each other.

    A laptop may hold more than it has CPUs, for each new one beside an old one, or for each of autoscaling.
    """
    unreserved = {"num_cpus": 0}
    models = tuple(model.model_copy(update=unreserved) for model in settings.models)
    gateway = settings.gateway.model_copy(update=unreserved)
    return settings.model_copy(update={"gateway": gateway, "models": models})


@contextlib.contextmanager
def _ray(settings: Settings, stop: Signals, folder: Path, *, is_local: bool) -> Iterator[None]:
    """A Ray that has Serve in it, unless a signal comes first; `folder` is that of the local environment."""
    import ray
    from ray import serve
    from ray._private import ray_constants
    from ray.serve.config import HTTPOptions
    from ray.serve.schema import LoggingConfig

    for name in ("ray", "ray.serve"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if is_local:
        # A local Ray would listen on every address of the machine, for nobody but its own processes. On other
        # systems it keeps to the loopback address by itself; this is what it goes by.
        ray_constants.ENABLE_RAY_CLUSTER = False
    start = functools.partial(
        ray.init,
        address="local" if is_local else None,
        include_dashboard=False if is_local else None,
        num_cpus=available_cpus() if is_local else None,
        object_store_memory=_STORE_BYTES if is_local else None,
        logging_level=logging.ERROR,
        log_to_driver=False,
    )
    if is_local and (wrapper := _own_haproxy(folder)):
        check_template(folder / "check", wrapper, settings.host, settings.port)
    tries = {} if is_local else {"pauses_s": ()}
    with (
        contextlib.ExitStack() as stack,
        ray_started(start, ray.shutdown, stop.wait, **tries) as has_started,
    ):
        try:
            stop.listen()  # again: Ray's core has put its own handlers in place
            if has_started and is_local:
                node: Any = ray._private.worker._global_node
                stack.enter_context(session_kept(Path(node.get_session_dir_path())))
            if has_started:
                nodes = ray.nodes()  # type: ignore[no-untyped-call]
                _check_reach(settings.host, sum(node["Alive"] for node in nodes))
                serve.start(
                    http_options=HTTPOptions(host=settings.host, port=settings.port),
                    logging_config=LoggingConfig(log_level="ERROR", enable_access_log=False),
                )
            yield
        finally:
            _leave(is_local=is_local)


def _check_reach(host: str, num_nodes: int) -> None:
    """Serve has replicas listen where HAProxy does, and HAProxy of one node must reach those of another."""
    with contextlib.suppress(ValueError):  # a name may be anyone's
        if num_nodes > 1 and ipaddress.ip_address(host).is_loopback:
            raise DeploymentError(
                f"the Ray cluster has {num_nodes} nodes, which cannot reach each other at {host}: "
                "serve with --host 0.0.0.0, and close port and replicas to others by a firewall"
            )


def _own_haproxy(folder: Path) -> Path | None:
    """The HAProxy that was prepared in the folder, if it is the one that Serve is to use."""
    wrapper = folder / "haproxy"
    is_used = os.environ.get("RAY_SERVE_HAPROXY_BINARY_PATH") == str(wrapper)
    return wrapper if is_used and os.environ.get("RAY_SERVE_ENABLE_HA_PROXY") == "1" else None


def _leave(*, is_local: bool) -> None:
    import ray
    from ray import serve

    # Ray comments on the end of its own processes; nobody needs to read that.
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        if ray.is_initialized() and is_local:
            serve.shutdown()  # type: ignore[no-untyped-call]  # else HAProxy may stay and keep the port
        elif ray.is_initialized():
            serve.delete(APP_NAME)
        ray.shutdown()


def _deploy(settings: Settings, url: str | None, stop: Signals) -> DeploymentHandle[Any] | None:
    """The handle of the gateway once it answers, also at `url`; None where a signal came first."""
    from ray import serve

    from crosslate.service.replicas import build_application

    if stop.wait(0):
        return None
    target = serve.RunTarget(build_application(settings), name=APP_NAME)
    (handle,) = serve.run_many([target], wait_for_applications_running=False)
    started = told = time.monotonic()
    while not stop.wait(_POLL_S):
        if _is_running() and (url is None or _answers(url)):
            return handle
        now = time.monotonic()
        if now - started > settings.startup_timeout_s:
            raise DeploymentError(
                f"not ready after {settings.startup_timeout_s:g} s (startup_timeout_s): "
                + _deployment_states()
            )
        if now - told > _PROGRESS_EVERY_S:
            told = now
            _say(f"Loading {len(settings.models)} model(s): {now - started:.0f} s")
    return None


def _is_running() -> bool:
    """Whether Ray has all replicas up.

    Raises:
        DeploymentError: it has given up.
    """
    from ray import serve

    application = serve.status().applications.get(APP_NAME)
    if application is None:
        return False
    messages = "\n".join(deployment.message for deployment in application.deployments.values())
    if application.status == "DEPLOY_FAILED" or _FAILS_ALWAYS.search(messages):
        raise DeploymentError(f"the service did not start: {_deployment_states() or application.message}")
    return bool(application.status == "RUNNING")


def _answers(url: str) -> bool:
    try:
        with _open_directly(url, timeout=_PROGRESS_EVERY_S):
            return True
    except OSError:
        return False


def _deployment_states() -> str:
    """What Ray says about the deployments that are not healthy, each in one line."""
    from ray import serve

    application = serve.status().applications.get(APP_NAME)
    deployments = application.deployments if application else {}
    return "; ".join(
        f"{name}: {_last_line(state.message) or state.status}"
        for name, state in deployments.items()
        if state.status != "HEALTHY"
    )


def _last_line(message: str) -> str:
    """Of a traceback: what was raised, without the exception's name."""
    lines = [line.strip() for line in message.strip().splitlines() if line.strip()]
    return _EXCEPTION_NAME.sub("", lines[-1]) if lines else ""


def _drain(handle: DeploymentHandle[Any], settings: Settings) -> None:
    try:
        finished = all(handle.broadcast("drain").results(timeout_s=settings.drain_timeout_s + 5))
    except TimeoutError:
        finished = False
    if not finished:
        _say(f"Some requests were not finished within {settings.drain_timeout_s:g} s and are cut off.")


def _url(settings: Settings) -> str:
    """Where this machine reaches the service."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def _welcome(url: str) -> str:
    return (
        f"Crosslate is ready at {url} (API: {url}/docs). Try:\n\n"
        f"  curl {url}/v1/translate -H 'Content-Type: application/json' \\\n"
        """    -d '{"text": "The house is small.", "target_lang": "pt", "alignment": "links"}'\n\n"""
        "Stop with Ctrl-C."
    )


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
