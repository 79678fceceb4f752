"""Bringing the replicas' log lines to the console of `crosslate serve`, as they are.

Ray can forward a worker's output itself, but puts the actor's name before every line, which breaks JSON,
and adds what its own processes have to say.
"""

from __future__ import annotations

import atexit
import contextlib
import socket
import socketserver
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_SEND_TIMEOUT_S = 0.2
_GATHER_S = 0.05
_RECEIVE_BYTES = 65536


class SocketStream:
    """A text stream into a Unix socket; standard error from the moment that nobody reads it any more.

    Lines are gathered for a moment and sent by a thread of their own: a call into the kernel for every line
    would have the event loop wait for Python's lock each time, for as long as an engine's step keeps it.
    """

    def __init__(self, path: str) -> None:
        self._socket: socket.socket | None = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # A console that stands still must not hold up the service, except once.
        self._socket.settimeout(_SEND_TIMEOUT_S)
        self._lines: deque[str] = deque()
        self._lock = threading.Lock()
        self._has_lines = threading.Event()
        try:
            self._socket.connect(path)
        except OSError:
            self._hang_up()
        atexit.register(self.flush)
        threading.Thread(target=self._send_forever, name="log-relay", daemon=True).start()

    def write(self, line: str) -> int:
        """Send one line, soon."""
        if self._socket is None:
            return sys.stderr.write(line)
        self._lines.append(line)
        if not self._has_lines.is_set():  # whoever clears it gathers afterwards
            self._has_lines.set()
        return len(line)

    def flush(self) -> None:
        """Send what has been gathered."""
        with self._lock:
            self._has_lines.clear()
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if lines:
                self._send("".join(lines))

    def close(self) -> None:
        """The end of the lines."""
        self.flush()
        self._hang_up()
        self._has_lines.set()  # for the thread, which ends
        atexit.unregister(self.flush)

    def _send_forever(self) -> None:
        while self._socket is not None:
            self._has_lines.wait()
            time.sleep(_GATHER_S)
            self.flush()

    def _send(self, text: str) -> None:
        if self._socket is not None:
            try:
                self._socket.sendall(text.encode())
            except OSError:
                self._hang_up()
            else:
                return
        sys.stderr.write(text)

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@contextlib.contextmanager
def relayed_to(stream: SupportsWrite[str]) -> Iterator[str]:
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

    def __init__(self, path: str, stream: SupportsWrite[str]) -> None:
        super().__init__(path, _Lines)
        self.stream = stream
        self.lock = threading.Lock()


class _Lines(socketserver.BaseRequestHandler):
    """The lines of one process."""

    server: _Relay

    def handle(self) -> None:
        """Copy until the process ends; only whole lines, so that those of two processes do not mix."""
        rest = b""
        while received := self.request.recv(_RECEIVE_BYTES):
            lines, newline, rest = (rest + received).rpartition(b"\n")
            self._write(lines + newline)
        self._write(rest)

    def _write(self, lines: bytes) -> None:
        if lines:
            with self.server.lock:
                self.server.stream.write(lines.decode(errors="replace"))
