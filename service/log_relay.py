"""Bringing the replicas' log lines to the console of `crosslate serve`, as they are.

Ray can forward a worker's output itself, but puts the actor's name before every line, which breaks JSON,
and adds what its own processes have to say.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

_MAX_LINE_BYTES = 64 * 1024


class SocketStream:
    """A text stream into a Unix datagram socket; standard error where nobody reads it any more."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # a slow console must not hold up the service

    def write(self, line: str) -> int:
        """Send one line."""
        try:
            self._socket.sendto(line.encode()[:_MAX_LINE_BYTES], self._path)
        except OSError:
            sys.stderr.write(line)
        return len(line)

    def flush(self) -> None:
        """Lines are sent at once."""


@contextlib.contextmanager
def relayed_to(stream: TextIO) -> Iterator[str]:
    """Write what comes in on a socket to `stream`; gives the socket's path."""
    with tempfile.TemporaryDirectory(prefix="crosslate-") as folder:
        path = str(Path(folder) / "log")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
            receiver.bind(path)
            thread = threading.Thread(target=_copy, args=(receiver, stream), daemon=True)
            thread.start()
            try:
                yield path
            finally:
                with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                    sender.sendto(b"", path)  # the end
                thread.join()


def _copy(receiver: socket.socket, stream: TextIO) -> None:
    while line := receiver.recv(_MAX_LINE_BYTES):
        stream.write(line.decode(errors="replace"))
        stream.flush()
