"""Running the service: a local Ray or a given cluster, until a signal, then draining."""

from __future__ import annotations

import contextlib
import logging
import os
import re
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Any

from models.model_files import find_model
from service.config import Settings
from service.log_relay import relayed_to
from service.logging import resolve_format
from service.ray_environment import local_ray_environment

if TYPE_CHECKING:
    from ray.serve.handle import DeploymentHandle

APP_NAME = "crosslate"

_PROGRESS_EVERY_S = 5.0
_EXCEPTION_NAME = re.compile(r"^(\w+\.)*\w+(Error|Exception): ")


class DeploymentError(Exception):
    """The service cannot start; the message says why and what to do."""


def run(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM, then finish what is under way.

    Raises:
        CheckpointError: a model cannot be found.
        DeploymentError: the service did not start.
    """
    is_local = not os.environ.get("RAY_ADDRESS")
    if is_local:
        _check_port(settings.host, settings.port)
        for model in settings.models:
            find_model(model.location)
    with (
        local_ray_environment(),
        _signals() as stop,
        _local_logs(settings, is_local=is_local) as replica_settings,
        _ray(settings, is_local=is_local),
    ):
        handle = _deploy(replica_settings, stop)
        if handle is None:
            return
        _say(_welcome(settings))
        stop.wait()
        _say("Stopping: finishing the requests under way.")
        _drain(handle, settings)


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise DeploymentError(
                f"cannot listen on {host}:{port} ({error.strerror}): choose another one with --port"
            ) from None


@contextlib.contextmanager
def _signals() -> Iterator[threading.Event]:
    """Set by the first SIGINT or SIGTERM; a second SIGINT interrupts the draining."""
    stop = threading.Event()
    previous: dict[signal.Signals, Any] = {}

    def on_signal(number: int, frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        previous[number] = signal.signal(number, on_signal)
    try:
        yield stop
    finally:
        for restored, handler in previous.items():
            signal.signal(restored, handler)


@contextlib.contextmanager
def _local_logs(settings: Settings, *, is_local: bool) -> Iterator[Settings]:
    """Settings with which local replicas log to this process's standard error."""
    if not is_local or settings.log.socket:
        yield settings
        return
    with relayed_to(sys.stderr) as path:
        log = settings.log.model_copy(
            update={"socket": path, "format": resolve_format(settings.log, sys.stderr)}
        )
        yield settings.model_copy(update={"log": log})


@contextlib.contextmanager
def _ray(settings: Settings, *, is_local: bool) -> Iterator[None]:
    import ray
    from ray import serve
    from ray.serve.config import HTTPOptions
    from ray.serve.schema import LoggingConfig

    ray.init(
        address="local" if is_local else None,
        include_dashboard=False if is_local else None,
        num_cpus=_local_cpus(settings) if is_local else None,
        logging_level=logging.ERROR,
        log_to_driver=False,
    )
    logging.getLogger("ray.serve").setLevel(logging.ERROR)
    try:
        serve.start(
            http_options=HTTPOptions(host=settings.host, port=settings.port),
            logging_config=LoggingConfig(log_level="ERROR", enable_access_log=False),
        )
        yield
        if not is_local:
            serve.delete(APP_NAME)
    finally:
        ray.shutdown()


def _local_cpus(settings: Settings) -> int:
    """Ray only counts CPUs, it does not hand them out: a laptop may hold more replicas than it has CPUs."""
    needed = settings.gateway.num_cpus * settings.gateway.num_replicas
    needed += sum(m.num_cpus * m.num_replicas for m in settings.models if m.placement == "dedicated")
    return max(os.cpu_count() or 1, int(needed) + 1)


def _deploy(settings: Settings, stop: threading.Event) -> DeploymentHandle[Any] | None:
    """The handle of the ready gateway, or None where a signal came first."""
    from ray import serve

    from service.replicas import build_application

    deployed: Future[DeploymentHandle[Any]] = Future()

    def deploy() -> None:
        try:
            deployed.set_result(serve.run(build_application(settings), name=APP_NAME))
        except Exception as error:  # handed to the main thread, which waits for signals meanwhile
            deployed.set_exception(error)

    threading.Thread(target=deploy, daemon=True).start()
    started = time.monotonic()
    while not stop.is_set():
        done, _ = wait([deployed], timeout=_PROGRESS_EVERY_S)
        if done:
            return _result(deployed)
        elapsed = time.monotonic() - started
        if elapsed > settings.startup_timeout_s:
            raise DeploymentError(
                f"the models were not ready after {elapsed:.0f} s (startup_timeout_s): {_deployment_states()}"
            )
        _say(f"Loading {len(settings.models)} model(s): {elapsed:.0f} s")
    return None


def _result(deployed: Future[DeploymentHandle[Any]]) -> DeploymentHandle[Any]:
    try:
        return deployed.result()
    except Exception as error:
        raise DeploymentError(f"the service did not start: {_deployment_states() or error}") from error


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
    answers = handle.broadcast("drain").results(timeout_s=settings.drain_timeout_s + 5)
    if not all(answers):
        _say(f"Some requests were not finished within {settings.drain_timeout_s:g} s and are cut off.")


def _welcome(settings: Settings) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    url = f"http://{host}:{settings.port}"
    return (
        f"Crosslate is ready at {url} (API: {url}/docs). Try:\n\n"
        f"  curl {url}/v1/translate -H 'Content-Type: application/json' \\\n"
        """    -d '{"text": "The house is small.", "target_lang": "pt", "alignment": "links"}'\n\n"""
        "Stop with Ctrl-C."
    )


def _say(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
