"""The Ray that a service runs on: one of this machine, which ends with the service, or a cluster's."""

from __future__ import annotations

import atexit
import contextlib
import functools
import io
import ipaddress
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from crosslate.service.errors import ToldError
from crosslate.service.haproxy.template import check_template
from crosslate.service.local_ray.cluster_application import end_application
from crosslate.service.local_ray.process_tree import end_descendants
from crosslate.service.local_ray.ray_environment import HAProxyPlace
from crosslate.service.local_ray.ray_errors import ray_errors
from crosslate.service.local_ray.ray_sessions import discard_sessions, keep_failed, session_kept
from crosslate.service.local_ray.ray_start import RayStartError, ray_started
from crosslate.service.logs.logging import resolve_format
from crosslate.service.process.machine import available_cpus
from crosslate.service.process.signals import Signals
from crosslate.service.settings.config import Settings

APP_NAME = "crosslate"

_STORE_BYTES = 512 * 2**20
"""For what passes between replicas at a time. Ray would take a third of the memory, and where `/dev/shm` is
small, as in a container, as much of the disk."""
_LEAVING_S = 90.0
"""Replicas that are being replaced take requests for 60 s before they end."""
_CONTROLLER = "SERVE_CONTROLLER_ACTOR"
_NEEDED = ("raylet", "gcs_server")
_STDERR = 2
_POLL_S = 0.05
_LAST_LINES_S = 0.15
"""Within which replicas' last log lines have come."""


class ReachError(ToldError):
    """Nodes of a cluster cannot reach each other; the message says what to do."""


@contextlib.contextmanager
def local_ray(
    settings: Settings,
    signals: Signals,
    haproxy: HAProxyPlace,
    before_end: Callable[[], object],
    say: Callable[[str], object],
) -> Iterator[None]:
    """A Ray of this machine only. At the end of the block all its processes are ended at once.

    Args:
        settings: for the check of HAProxy's configuration.
        signals: are taken back from Ray's core, which has handlers of its own.
        haproxy: of the environment that Ray is started in.
        before_end: gives back standard error, which changes at the end, whoever has it.
        say: told of processes that end by themselves.
    """
    import ray
    import ray.serve  # before Ray starts: both would import the same modules at the same time
    from ray._common.utils import get_default_ray_temp_dir
    from ray._private import ray_constants

    folder = Path(get_default_ray_temp_dir())  # type: ignore[no-untyped-call]

    def prepare() -> None:
        if wrapper := haproxy.prepare():
            check_template(haproxy.folder / "check", wrapper, settings.host, settings.port)

    _hush(settings)
    # It would listen on every address of the machine, for nobody but its own processes. On other systems it
    # keeps to the loopback address by itself; this is what it goes by.
    ray_constants.ENABLE_RAY_CLUSTER = False
    start = functools.partial(
        ray.init,
        address="local",
        include_dashboard=False,
        num_cpus=available_cpus(),
        object_store_memory=_STORE_BYTES,
        logging_level=logging.ERROR,
        log_to_driver=False,
    )

    def end() -> None:
        with signals.noted():
            before_end()
            errors.stop()
            _end(str(haproxy.folder))

    try:
        with (
            _without_what_nobody_reads(),
            ray_errors(say) as errors,
            # Ray's agents are known only as children of processes that end with the thread that started them.
            ray_started(start, ray.shutdown, time.sleep, prepare, before_end=end),
        ):
            signals.listen()
            _hush(settings)
            with session_kept(ray_logs().parent):
                yield
    except RayStartError:
        keep_failed(folder, os.getpid())
        raise
    finally:
        with signals.noted():
            discard_sessions(folder, os.getpid())


def ray_logs() -> Path:
    """Where the processes of the local Ray write theirs."""
    import ray

    node: Any = ray._private.worker._global_node
    return Path(node.get_session_dir_path()) / "logs"


def lost_process() -> str | None:
    """The process of the local Ray that has ended and that the others cannot do without: raylet, gcs_server.

    With the raylet all others end; without the other one they do a minute later, and no replica is replaced.
    """
    import ray

    node: Any = ray._private.worker._global_node
    return next((kind for kind, _ in node.dead_processes() if kind in _NEEDED), None)


@contextlib.contextmanager
def cluster_ray(settings: Settings, signals: Signals, say: Callable[[str], object]) -> Iterator[None]:
    """The cluster that `RAY_ADDRESS` names; at the end of the block the application ends.

    Args:
        settings: where it listens, and how long it may take to end.
        signals: are taken back from Ray's core, which has handlers of its own.
        say: told of processes that end by themselves, and where the application has not ended by then.
    """
    import ray

    _hush(settings)
    start = functools.partial(ray.init, logging_level=logging.ERROR, log_to_driver=False)
    limit_s = settings.drain_timeout_s + _LEAVING_S
    with ray_errors(say), ray_started(start, ray.shutdown, time.sleep, pauses_s=()):
        try:
            signals.listen()
            nodes = ray.nodes()  # type: ignore[no-untyped-call]
            _check_reach(settings.host, sum(node["Alive"] for node in nodes))
            yield
        except KeyboardInterrupt:
            limit_s = 0.0  # somebody is in a hurry
            raise
        finally:
            with signals.noted():
                end_application(APP_NAME, limit_s, say)
                with _silence():
                    ray.shutdown()


def _hush(settings: Settings) -> None:
    """Errors only; where the log is JSON, they go the way of all libraries' instead of Ray's own."""
    for name in ("ray", "ray.serve"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.ERROR)
        if resolve_format(settings.log, sys.stderr) == "json":
            logger.handlers.clear()
            logger.propagate = True


def start_serve(settings: Settings) -> None:
    """Serve's controller, to which an application can be handed; the proxies come while replicas load.

    Serve replaces a proxy that does not start in time, so nothing is said of that.
    """
    from ray import serve
    from ray.serve.config import HTTPOptions
    from ray.serve.schema import LoggingConfig
    from ray.util import list_named_actors

    def start() -> None:
        try:
            serve.start(
                http_options=HTTPOptions(host=settings.host, port=settings.port),
                logging_config=LoggingConfig(log_level="ERROR", enable_access_log=False),
            )
        except BaseException as error:
            outcome.set_exception(error)
        else:
            outcome.set_result(None)

    _hush(settings)  # importing Serve has made it talk
    outcome: Future[None] = Future()
    threading.Thread(target=start, name="serve-start", daemon=True).start()
    while not any(actor["name"] == _CONTROLLER for actor in list_named_actors(all_namespaces=True)):
        if outcome.done():
            return outcome.result()
        time.sleep(_POLL_S)
    return None


@contextlib.contextmanager
def _without_what_nobody_reads() -> Iterator[None]:
    """A node without autoscaler, dashboard and a reader of workers' logs, which `ray.init` cannot be told.

    Each is a Python process that takes one to three seconds of a processor at the start, and the node waits
    for the dashboard's.
    """
    from ray._private.node import Node

    spared = ("start_monitor", "start_api_server", "start_log_monitor")
    originals = {name: getattr(Node, name) for name in spared}
    for name in spared:
        setattr(Node, name, lambda *_, **__: None)
    try:
        yield
    finally:
        for name, method in originals.items():
            setattr(Node, name, method)


def _check_reach(host: str, num_nodes: int) -> None:
    """Serve has replicas listen where HAProxy does, and HAProxy of one node must reach those of another."""
    with contextlib.suppress(ValueError):  # a name may be anyone's
        if num_nodes > 1 and ipaddress.ip_address(host).is_loopback:
            raise ReachError(
                f"the Ray cluster has {num_nodes} nodes, which cannot reach each other at {host}: "
                "serve with --host 0.0.0.0, and close port and replicas to others by a firewall"
            )


def _end(mark: str) -> None:
    """What replicas had to write was written when they drained; their processes go at once.

    Ray's own way to end takes up to a minute where a replica is in the middle of loading.
    """
    import ray

    time.sleep(_LAST_LINES_S)
    atexit.unregister(ray.shutdown)  # it would wait for processes that are gone
    _mute_core()
    end_descendants(mark)


def _mute_core() -> None:
    """From now on only Python writes to standard error: Ray's core would tell of each process that ended."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError, ValueError):  # where there is no standard error
        if sys.stderr.fileno() == _STDERR:
            sys.stderr = open(os.dup(_STDERR), "w", buffering=1, encoding="utf-8", errors="backslashreplace")  # noqa: PTH123, SIM115
        os.dup2(nowhere, _STDERR)
    os.close(nowhere)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Ray comments on the end of its own processes; nobody needs to read that."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
