"""Frontends of HAProxy's own, behind the service's: so that no client's connection is closed without a word.

HAProxy gives a request that failed on a connection which had served others before to no further try of its
own, or to none that succeeds, and then says nothing: it takes it that the client will send it again, as
browsers do. Opening a connection for each request would end that, at a tenth of a millisecond's work each.
Instead a request that HAProxy may repeat goes to a server of its own at last, which answers that there is no
replica; and one that it may not, for its body is longer than what is held of it or it keeps something, goes
through a connection of HAProxy to itself, which is opened for it alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAST_SERVER = "none"
"""The server that says that there is no replica, as metrics name it."""
_SHARE = 8
"""Of so many connections that clients may open one more is kept for HAProxy's own."""
LONG = "crosslate-long"
"""The frontend for requests with long bodies, and its backend."""
_NEXT = "crosslate-next"
_TO_ITSELF = """\
    http-reuse never
    retries 0
    retry-on none
    http-request set-header X-Request-ID %[var(txn.crosslate_id)]
"""
"""Of a backend that is a HAProxy: its other side tries again where that may be."""
_LOCAL = "127.0.0.1 ::1"
"""Whoever speaks TLS on this machine for clients of all addresses."""
_USES = re.compile(r"^    use_backend (http-\S+) if (is_\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sockets:
    """Where the frontends listen; names no longer than the one of Serve's admin socket.

    Attributes:
        folder: of that one.
    """

    folder: Path

    @property
    def none(self) -> str:
        """Of the one that says that there is no replica."""
        return f"unix@{self.folder / 'none.sock'}"

    @property
    def long(self) -> str:
        """Of the one for requests with long bodies."""
        return f"unix@{self.folder / 'long.sock'}"


def of_its_own(connections: int) -> int:
    """How many connections HAProxy keeps for itself beside so many clients'."""
    return max(1, connections // _SHARE)


def of_one_address(own: int) -> int:
    """How many of HAProxy's own connections may be for requests from one address: others find some free."""
    return max(2, own // 2)


def of_clients(connections: int) -> int:
    """How many of all connections are left for clients."""
    return connections * _SHARE // (_SHARE + 1)


def last_server(sockets: Sockets) -> str:
    """For every application's backend: whom a request is given to for whose next try no replica is left."""
    return f"    server {LAST_SERVER} {sockets.none} backup no-check\n"


def only_with_replicas(config: str, servers: Mapping[str, Sequence[str]]) -> str:
    """An application takes requests, and is well, only while it has a replica: the last server is none.

    Args:
        config: with all applications.
        servers: the replicas of each backend.
    """

    def condition(found: re.Match[str]) -> str:
        name, backend = found[1], found[2]
        up = [f"srv_is_up({backend}/{server})" for server in servers.get(backend, ())]
        return "".join(f"    acl {name} {one}\n" for one in up or ["always_false"])

    config = re.sub(
        r"^    acl (backend_\S+_server_up) nbsrv\((http-\S+)\) ge 1\n", condition, config, flags=re.M
    )
    return _USES.sub(r"\g<0> backend_\g<1>_server_up", config)


def without_replica(sockets: Sockets, requests: str, gone: str) -> str:
    """The frontend that `last_server` names.

    Args:
        sockets: where it listens.
        requests: of every frontend.
        gone: what it answers.
    """
    return _frontend("crosslate-none", sockets.none, requests, gone)


def with_long_body(
    config: str, sockets: Sockets, requests: str, *, bodies: str, crowding: str, connections: int
) -> str:
    """The frontend for long bodies, and the way to it.

    Whoever sends such a body by half and then a byte now and then has a connection for as long as a replica
    waits for an upload. So one address has a share of them.

    Args:
        config: whose applications are to be reached.
        sockets: where it listens.
        requests: of every frontend.
        bodies: of every backend.
        crowding: what an address that has its share is answered.
        connections: how many such requests may be under way; others wait.
    """
    applications = re.findall(r"^    acl is_http-.*\n", config, re.MULTILINE)
    applications += [f"    use_backend {backend} if {acl}\n" for backend, acl in _USES.findall(config)]
    frontend = _frontend(LONG, sockets.long, requests, *applications, "    default_backend default_backend\n")
    return (
        f"{frontend}backend {LONG}\n"
        f"{_TO_ITSELF}"
        "    option http-server-close\n"
        f"{bodies}"
        # From here on it may have one of the connections: what HAProxy itself waits for has none.
        "    stick-table type ipv6 size 64k expire 10m store conn_cur\n"
        f"    http-request track-sc0 src if !{{ src {_LOCAL} }}\n"
        f"    http-request return {crowding} if {{ sc0_conn_cur gt {of_one_address(connections)} }}\n"
        f"    server {LONG} {sockets.long} maxconn {connections} no-check\n"
    )


def through_the_next(config: str, sockets: Sockets) -> str:
    """What comes to a HAProxy that is to end goes through the one that has taken its place.

    It keeps the connections of clients, each until it has answered once more: one that was closed as the next
    request came would be a failure. By then the replicas that it knows may have gone, and it looks after them
    no longer; the other one knows those that there are, and listens by the same name.

    Args:
        config: with all applications.
        sockets: where the other one listens.
    """
    config = _USES.sub(rf"    use_backend {_NEXT} if {{ stopping }}\n\g<0>", config, count=1)
    return f"{config}backend {_NEXT}\n{_TO_ITSELF}    server {_NEXT} {sockets.long} no-check\n"


def _frontend(name: str, socket: str, *lines: str) -> str:
    return f"frontend {name}\n    bind {socket} mode 600\n    no log\n{''.join(lines)}"


def unrepeated_apart(config: str, repeated_bytes: int, once: str) -> str:
    """Requests that are not given to a second replica take the way of their own.

    Args:
        config: with all applications.
        repeated_bytes: those with longer bodies are not, or of unknown length.
        once: nor are those of this condition.
    """
    conditions = (
        f"{{ req.hdr(content-length) -m int gt {repeated_bytes} }}",
        "{ method POST } !{ req.hdr(content-length) -m found }",
        once,
    )

    def apart(found: re.Match[str]) -> str:
        is_up = f"{found[2]} backend_{found[1]}_server_up"
        long = (f"    use_backend {LONG} if {is_up} {condition}\n" for condition in conditions)
        return f"{''.join(long)}{found[0]}"

    first, frontend, rest = config.partition("frontend http_frontend\n")
    mine, backend, others = rest.partition("\nbackend ")
    return f"{first}{frontend}{_USES.sub(apart, mine)}{backend}{others}"
