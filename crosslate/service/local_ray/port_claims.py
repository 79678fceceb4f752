"""Ports that are this service's own before anything listens there.

Between the choice of a port and the moment when Ray opens it pass some ten seconds. Two services that are
started together would find the same one free: the later one then waits for a port that never opens, and takes
the other's answers for its own. Nor may a port on which a replica of one service has ended go to a replica of
another, while the first one's HAProxy still sends requests there.

A claim is the name of a socket that the kernel keeps apart for each network, as it does ports, and that goes
with its process. Only Linux has such names; elsewhere nothing is claimed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Iterator

from crosslate.service.errors import ToldError

BLOCK = 200
"""More replicas that answer HTTP than one machine has."""
_FIRST, _END = 30000, 32600
"""Below the ports that the kernel gives to anybody's connections."""


class PortsTakenError(ToldError):
    """There is none left; the message says what to do."""


@contextlib.contextmanager
def claimed(name: str) -> Iterator[None]:
    """Until the end of the block, or of the process, nobody else has what is called so.

    Raises:
        OSError: somebody has; as where a port is taken (`EADDRINUSE`).
    """
    if sys.platform != "linux":
        yield
        return
    with socket.socket(socket.AF_UNIX) as claim:
        claim.bind(f"\0crosslate/{name}")
        yield


@contextlib.contextmanager
def claimed_block() -> Iterator[range]:
    """Ports that no other service of this machine uses.

    Raises:
        PortsTakenError: there are as many services as there are blocks.
    """
    for first in range(_FIRST, _END, BLOCK):
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(claimed(f"ports/{first}"))
            except OSError:
                continue
            yield range(first, first + BLOCK)
            return
    raise PortsTakenError(
        f"the ports from {_FIRST} to {_END - 1} belong to other services of this machine already: stop one "
        "of them, or set RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT and RAY_SERVE_DIRECT_INGRESS_MAX_HTTP_PORT"
    )


@contextlib.contextmanager
def claimed_port(host: str, port: int) -> Iterator[None]:
    """A port that shall be opened there, and that nobody has opened or is about to.

    Raises:
        OSError: somebody has, or it may not be opened.
    """
    with claimed(f"port/{host}:{port}"):
        check_free(host, port)
        yield


def check_free(host: str, port: int) -> None:
    """Raises `OSError` where nothing can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def last_free(ports: range) -> int:
    """The highest of these ports where something can listen: Serve gives replicas the lowest ones.

    Raises:
        OSError: there is none.
    """
    for port in reversed(ports):
        with contextlib.suppress(OSError):
            check_free("", port)
            return port
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
