"""A replica that answers, or fails in the ways that replicas fail; and one HAProxy before it."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from crosslate.service.haproxy.admin import running_pid
from crosslate.service.haproxy.wrapper import EdgeLimits, write_haproxy_wrapper
from crosslate.service.settings import served_origins
from tests.processes import is_running

_PORT, _REPLICA, _FALLBACK = 10001, 10002, 10003
_EXPORTER = 9101
HEALTHY = b"success"
"""What Serve's replicas say to checks; with another status they say `DRAINING` and `UNHEALTHY`."""
_EXPORTER_VARIABLE = "RAY_SERVE_HAPROXY_METRICS_PORT"
# In a process of its own: importing Ray warns, and warnings are errors here.
_WRITE = """
import sys
from pathlib import Path
from crosslate.service.haproxy.template import write_configuration

folder = Path(sys.argv[1])
for name, replicas in (("none", []), ("one", [10002])):
    write_configuration(folder / name, "127.0.0.1", 10001, replicas, fallback=10003)
"""


# As Serve's manager does: starts HAProxy, and ends it before it ends.
_MANAGE = """
import os, subprocess, sys

process = subprocess.Popen(sys.argv[1:])
print(os.getpid(), process.pid, flush=True)
sys.stdin.read()
process.kill()
process.wait()
"""

# As a node of Ray does: it outlives a manager that is killed, and ends after one that is told to.
_NODE = """
import subprocess, sys

if subprocess.call(sys.argv[1:]):
    sys.stdin.read()
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class _Answers(socketserver.StreamRequestHandler):
    """One connection, several requests."""

    server: _Replica

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            while head := self._head():
                self._read_body(head)
                if b"\r\nupgrade: " in head:
                    return
                path = head.split()[1]
                self.server.asked[path] += 1
                if b"x-request-id: " in head:
                    self.server.asked[b"id " + head.split(b"x-request-id: ")[1].split(b"\r\n")[0]] += 1
                match b"/" + path.rpartition(b"/")[2]:
                    case b"/closes":
                        return
                    case b"/closes-once" if self.server.asked[path] == 1:
                        return
                    case b"/ends":
                        self.server.socket.shutdown(socket.SHUT_RDWR)
                        return
                    case b"/resets":
                        lingering = struct.pack("ii", 1, 0)
                        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, lingering)
                        self.connection.close()
                        return
                    case b"/garbage":
                        self.wfile.write(b"this is not HTTP\r\n\r\n")
                        return
                    case b"/late":
                        self.server.is_over.wait(1.5)
                    case b"/silent":
                        self.server.is_over.wait(60)
                self._answer(self.server.health if path == b"/-/healthz" else b"served")

    def _answer(self, content: bytes) -> None:
        status = b"200 OK" if content in (b"served", HEALTHY) else b"503 Service Unavailable"
        headers = b"Content-Type: text/plain\r\nContent-Length: %d" % len(content)
        self.wfile.write(b"HTTP/1.1 %s\r\n%s\r\n\r\n%s" % (status, headers, content))

    def _read_body(self, head: bytes) -> None:
        if b"content-length: " in head:
            self.rfile.read(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
        elif b"transfer-encoding: chunked" in head:
            while size := int(self.rfile.readline(), 16):
                self.rfile.read(size + 2)
            self.rfile.readline()

    def _head(self) -> bytes:
        head = b""
        while (line := self.rfile.readline()) not in {b"\r\n", b""}:
            head += line.lower()
        return head


class _Replica(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.is_over = threading.Event()
        self.connections: list[socket.socket] = []
        self.asked: Counter[bytes] = Counter()
        self.health = HEALTHY

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], address: Any) -> None:
        assert isinstance(request, socket.socket)
        self.connections.append(request)
        super().process_request(request, address)


@contextlib.contextmanager
def replica(asked: Counter[bytes] | None = None, health: bytes = HEALTHY) -> Iterator[int]:
    """Its port.

    Args:
        asked: how often each path was asked for, and each request id (`id …`).
        health: what it says to HAProxy's checks.
    """
    with _Replica() as server:
        server.health = health
        if asked is not None:
            server.asked = asked
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.is_over.set()
            server.shutdown()
            thread.join()
            for connection in server.connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


@functools.cache
def serve_configuration(name: str) -> str:
    """What the installed Ray Serve writes for an application with `one` replica or `none`."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", _WRITE, folder], check=True, capture_output=True)
        return (Path(folder) / name / "haproxy.cfg").read_text().replace(f"{folder}/{name}", "{folder}")


@dataclass(frozen=True)
class Proxy:
    """A HAProxy that was told what Serve tells it, and what started it."""

    url: str
    pid: int
    manager: psutil.Process
    node: subprocess.Popen[str]

    def end(self) -> None:
        """As when the service stops."""
        assert self.node.stdin is not None
        self.node.stdin.close()
        self.node.wait(30)


@contextlib.contextmanager
def haproxy(
    folder: Path,
    binary: str,
    limits: EdgeLimits,
    replica_port: int | None,
    *,
    exporter_port: int | None = None,
    origins: Sequence[str] = (),
) -> Iterator[Proxy]:
    """Until it is ended by its manager.

    Args:
        exporter_port: of HAProxy's own metrics, where they are asked for.
        origins: whose pages may call the service.
    """
    wrapper = write_haproxy_wrapper(folder, binary, limits)
    port = free_port()
    with socket.create_server(("127.0.0.1", 0)) as holding:  # as Serve's own proxy does
        fallback = holding.getsockname()[1]
        ports = {_PORT: port, _REPLICA: replica_port, _FALLBACK: fallback, _EXPORTER: exporter_port}
        write_as_serve(folder, ports)
        environ = {name: value for name, value in os.environ.items() if name != _EXPORTER_VARIABLE}
        if exporter_port is not None:
            environ[_EXPORTER_VARIABLE] = str(exporter_port)
        served_origins.keep_in(folder, environ)
        served_origins.write(origins, environ)
        with managed(folder, wrapper, f"http://127.0.0.1:{port}", environ) as proxy:
            yield proxy


def write_as_serve(folder: Path, ports: Mapping[int, int | None]) -> None:
    """The configuration of a Ray without metrics, with real ports for those that are written."""
    content = serve_configuration("one" if ports[_REPLICA] else "none").replace("{folder}", str(folder))
    content = re.sub(r"^ *log-format-sd .*\n", "", content, flags=re.MULTILINE)
    for written, real in ports.items():
        content = content.replace(f":{written}", f":{real}")
    (folder / "haproxy.cfg").write_text(content)


@contextlib.contextmanager
def reloaded(folder: Path, proxy: Proxy, replica_port: int | None) -> Iterator[int]:
    """What takes over from a HAProxy, as Serve starts it when there is another replica; its process id."""
    write_as_serve(folder, {_PORT: int(proxy.url.rsplit(":", 1)[1]), _REPLICA: replica_port, _FALLBACK: 1})
    admin = str(folder / "admin.sock")
    words = [str(folder / "haproxy"), "-db", "-f", str(folder / "haproxy.cfg")]
    before = running_pid(admin)
    environ = dict(os.environ)
    served_origins.keep_in(folder, environ)
    with (
        (folder / "log").open("a") as log,
        subprocess.Popen([*words, "-sf", str(before), "-x", admin], stderr=log, env=environ) as process,
    ):
        try:
            while running_pid(admin) != process.pid:
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.01)
            yield process.pid
        finally:
            process.kill()


@contextlib.contextmanager
def managed(
    folder: Path, wrapper: Path, url: str, environ: Mapping[str, str] | None = None
) -> Iterator[Proxy]:
    """A HAProxy with the configuration in the folder."""
    command = [str(wrapper), "-db", "-f", str(folder / "haproxy.cfg")]
    python = [sys.executable, "-c"]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(
            [*python, _NODE, *python, _MANAGE, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environ,
            text=True,
        ) as node,
    ):
        assert node.stdout is not None
        manager, pid = map(int, node.stdout.readline().split())
        proxy = Proxy(url, pid, psutil.Process(manager), node)
        try:
            wait_until_it_listens(url, pid, folder / "log")
            yield proxy
        finally:
            proxy.end()


def wait_until_it_listens(url: str, pid: int, log: Path) -> None:
    """Raises `AssertionError` where it ends before."""
    while True:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"{url}/-/routes")
            return
        assert is_running(pid), log.read_text()
        time.sleep(0.01)
