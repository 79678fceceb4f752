"""Which ports a running service and its Ray have open, to whom, and what guards them."""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import psutil

_RAY_PROGRAMS = ("raylet", "gcs_server", "haproxy")
_RAY_TITLE = "ray::"
_RAY_TITLES = (_RAY_TITLE, "ray-dashboard-")
"""What the titles of Ray's workers begin with, and of the dashboard's."""
_RAY_SCRIPT = re.compile(r".*/(?:site|dist)-packages/ray/(?:\w+/)*(\w+)\.py|ray((?:\.\w+)+)")
"""What Python is told to run for the others: the dashboard, the autoscaler's monitor, Ray Client's server."""
_SERVICE = re.compile(r"(?:.*/)?crosslate")
_SERVE = "crosslate serve"
"""A driver of Ray's: it listens, too."""
_AUTHENTICATION = "RAY_AUTH_MODE"


@dataclass(frozen=True, slots=True)
class Listener:
    """A port that a process has open.

    Attributes:
        program: `raylet`, `gcs_server`, `haproxy`, the title of one of Ray's workers, a script of Ray's, or
            `crosslate serve`.
        address: where it listens.
        port: and on which port.
        asks_for_token: whether the process was told to let in only those who have Ray's token.
        pid: the process.
    """

    program: str
    address: str
    port: int
    asks_for_token: bool
    pid: int

    @property
    def is_local(self) -> bool:
        """Whether only processes of this machine reach it."""
        address = ipaddress.ip_address(self.address.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        return bool(mapped.is_loopback)

    @property
    def is_proxy(self) -> bool:
        """Whether it is the service's own door, which is meant to be reached."""
        return self.program == "haproxy"


def find_listeners() -> tuple[Listener, ...]:
    """Those of Ray's processes on this machine that this user may look into, by port."""
    found = (listener for process in psutil.process_iter() for listener in _listeners(process))
    return tuple(sorted(found, key=lambda listener: (listener.port, listener.address)))


def _listeners(process: psutil.Process) -> Iterator[Listener]:
    try:
        program = _program(process)
        if program is None:
            return
        asks = _ray_of(process).environ().get(_AUTHENTICATION, "").lower() == "token"
        for connection in process.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN:
                yield Listener(program, connection.laddr.ip, connection.laddr.port, asks, process.pid)
    except psutil.Error:
        return  # it has ended meanwhile, or is someone else's


def _ray_of(process: psutil.Process) -> psutil.Process:
    """Whose environment to look at: a title overwrites a process's own, and it had that of who started it.

    A service that starts a Ray of its own is told by that what to ask for, which stands in no environment.
    """
    if _service(process):
        return next((child for child in process.children() if child.name() in _RAY_PROGRAMS), process)
    around = (process, *process.parents())
    return next((each for each in around if _program(each) and not _title(each)), process)


def _program(process: psutil.Process) -> str | None:
    name: str = process.name()
    return name if name in _RAY_PROGRAMS else _title(process) or _script(process) or _service(process)


def _title(process: psutil.Process) -> str | None:
    title = "".join(process.cmdline()[:1])
    return title if title.startswith(_RAY_TITLES) else None


def _script(process: psutil.Process) -> str | None:
    """Of `python -u SCRIPT …` and `python -m MODULE …`."""
    words = process.cmdline()[1:3]
    found = next(filter(None, map(_RAY_SCRIPT.fullmatch, words)), None)
    return None if found is None else found[1] or f"ray{found[2]}"


def _service(process: psutil.Process) -> str | None:
    """Of `python …/crosslate serve …` and `python -m crosslate serve …`."""
    pairs = itertools.pairwise(process.cmdline()[1:4])
    is_it = any(_SERVICE.fullmatch(program) and command == "serve" for program, command in pairs)
    return _SERVE if is_it else None


def describe(listeners: Iterable[Listener]) -> str:
    """Addresses, each with its ports and what holds them open."""
    return ", ".join(
        f"{listener.address}:{listener.port} ({listener.program.removeprefix(_RAY_TITLE)})"
        for listener in listeners
    )
