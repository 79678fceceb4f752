"""Bringing the replicas' log lines to the console of `crosslate serve`, as they are.

Ray can forward a worker's output itself, but puts the actor's name before every line, which breaks JSON,
and adds what its own processes have to say.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

_SEND_TIMEOUT_S = 0.2


class SocketStream:
    """A text stream into a Unix socket; standard error from the moment that nobody reads it any more."""

    def __init__(self, path: str) -> None:
        self._socket: socket.socket | None = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # A console that stands still must not hold up the service, except once.
        self._socket.settimeout(_SEND_TIMEOUT_S)
        try:
            self._socket.connect(path)
        except OSError:
            self.close()

    def write(self, line: str) -> int:
        """Send one line."""
        if self._socket is not None:
            try:
                self._socket.sendall(line.encode())
                return len(line)
            except OSError:
                self.close()
        return sys.stderr.write(line)

    def flush(self) -> None:
        """Lines are sent at once."""

    def close(self) -> None:
        """The end of the lines."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@contextlib.contextmanager
def relayed_to(stream: TextIO) -> Iterator[str]:
    """Write the lines that come in on a socket to `stream`; gives the socket's path."""
    with (
        tempfile.TemporaryDirectory(prefix="crosslate-") as folder,
        _Relay(str(Path(folder) / "log"), stream) as relay,
    ):
        thread = threading.Thread(target=relay.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield str(relay.server_address)
        finally:
            relay.shutdown()
            thread.join()


class _Relay(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False  # a replica that outlives us must not keep us

    def __init__(self, path: str, stream: TextIO) -> None:
        super().__init__(path, _Lines)
        self.stream = stream
        self.lock = threading.Lock()


class _Lines(socketserver.StreamRequestHandler):
    """The lines of one process."""

    server: _Relay

    def handle(self) -> None:
        """Copy until the process ends."""
        for line in self.rfile:
            with self.server.lock:
                self.server.stream.write(line.decode(errors="replace"))
                self.server.stream.flush()
