"""What HAProxy says of requests that no replica has answered, or not to the end.

Replicas log the others. Without this the request id of such an answer would be found nowhere. It needs the
standard library only, as `launch` does.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from crosslate.service.haproxy.inner import LAST_SERVER

_FIELDS = '"request_id":"%[var(txn.crosslate_id)]","status":%ST,"server":"%s","end":"%ts","duration_ms":"%Ta"'
"""Of a line. The id is safe to stand in JSON: others than sane ones are replaced."""
_FILE = "failures.json"
_MAX_BYTES = 8192
_BUFFER_BYTES = 4 * 2**20
"""For the lines of all requests that end with a replica. HAProxy does not wait for whom it tells."""
_NOBODY = "<NOSRV>"
_NO_ID = frozenset({"", "-"})
_FAULT = 500
_CLIENT_LEFT, _REPLICA_ENDED, _REPLICA_LATE = "C", "S", "s"
_REASONS = {
    "C": "the client left before it had been answered",
    "SC": "the replica took no connection",
    "SH": "the replica ended before it answered",
    "PH": "the replica answered with what is no HTTP",
    "SD": "the replica ended within its answer",
    "sC": "the replica took no connection in time",
    "sQ": "no replica was free in time",
    "sH": "the replica said nothing in time",
    "sD": "the replica stood still within its answer",
    "cR": "the client stood still within its request",
    "cH": "the client stood still within its request",
    "cD": "the client took nothing of its answer for too long, or stood still within its request",
    "PR": "it is no valid HTTP, or stopped within its headers",
    "R": "HAProxy has no memory, ports or files left",
    "I": "HAProxy failed",
}
"""By the two letters with which HAProxy says how a request ended, or the first of them."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that came to an end at HAProxy.

    Attributes:
        request_id: as the client has it; None where none could be read.
        status: that the client got.
        reason: in words.
        duration_ms: from its first byte on.
        is_fault: whether it is the service's and not its client's.
    """

    request_id: str | None
    status: int
    reason: str
    duration_ms: int
    is_fault: bool

    def __str__(self) -> str:
        whose = f"the request {self.request_id}" if self.request_id else "a request"
        return f"HAProxy ended {whose} with {self.status}: {self.reason}."


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told.

    Attributes:
        address: host and port, for datagrams: a Unix socket would hold ten lines.
        word: stands in every line; others of this machine may send some, too.
    """

    address: str
    word: str

    @property
    def line_format(self) -> str:
        """As HAProxy takes it."""
        return f'{{"word":"{self.word}",{_FIELDS}}}'


def failure_of(line: bytes, word: str) -> Failure | None:
    """What a line tells; None where a replica tells of it, and for lines that are no such ones."""
    try:
        told = json.loads(line)
        if told["word"] != word:
            return None
        status, duration_ms = int(told["status"]), int(told["duration_ms"])
        server, end, request_id = told["server"], told["end"], told["request_id"]
    except (ValueError, KeyError, TypeError):
        return None
    has_server = server not in {_NOBODY, LAST_SERVER}
    is_clients = end.startswith(_CLIENT_LEFT)
    if has_server and (end == "--" or is_clients):
        return None
    is_broken = end[0] in {_REPLICA_ENDED, _REPLICA_LATE}
    return Failure(
        request_id=None if request_id in _NO_ID else request_id,
        status=status,
        reason=_REASONS.get(end) or _REASONS.get(end[0]) or _without_replica(status, end),
        duration_ms=max(0, duration_ms),
        is_fault=is_broken or (status >= _FAULT and not is_clients),
    )


def _without_replica(status: int, end: str) -> str:
    return "no replica was there to answer it" if status >= _FAULT else f"HAProxy calls that {end}"


def listener(config: Path) -> Listener | None:
    """Whose address lies beside HAProxy's configuration or above; None where nobody listens."""
    files = (folder / _FILE for folder in (config.parent, config.parent.parent))
    return next((Listener(**json.loads(file.read_text("utf-8"))) for file in files if file.is_file()), None)


@contextlib.contextmanager
def failures_told(folder: Path, tell: Callable[[Failure], object]) -> Iterator[None]:
    """Inside the block, pass on what every HAProxy tells whose files are in this folder.

    Args:
        folder: of HAProxy's files, which nobody else may read; below it is one of each node.
        tell: called in a thread.
    """
    word = secrets.token_hex(16)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as lines:
        lines.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        lines.bind(("127.0.0.1", 0))
        host, port = lines.getsockname()
        address = {"address": f"{host}:{port}", "word": word}
        (folder / _FILE).write_text(json.dumps(address), encoding="utf-8")
        thread = threading.Thread(
            target=_pass_on, args=(lines, word, tell), name="proxy-failures", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(word.encode(), (host, port))
            thread.join()


def _pass_on(lines: socket.socket, word: str, tell: Callable[[Failure], object]) -> None:
    while (line := lines.recv(_MAX_BYTES)) != word.encode():
        if (failure := failure_of(line, word)) is not None:
            tell(failure)
