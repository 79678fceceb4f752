"""`crosslate serve` for the time of a measurement."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

START_LIMIT_S = 600.0
STOP_LIMIT_S = 120.0


@dataclass(frozen=True, slots=True)
class Service:
    """A `crosslate serve` that is ready."""

    url: str
    pid: int


@contextlib.contextmanager
def running_service() -> Iterator[str]:
    """The URL of a service with its default settings; as `started_service`."""
    with started_service() as service:
        yield service.url


@contextlib.contextmanager
def started_service(*options: str) -> Iterator[Service]:
    """A service with its default settings but for these options of the command, ready.

    Raises:
        RuntimeError: it did not start.
    """
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable,
        "-c",
        "from crosslate.service.commands.cli import main; main()",
        "serve",
        "--port",
        str(port),
        *options,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_until_ready(process, url)
        yield Service(url, process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/readyz", timeout=5):
            return
        time.sleep(0.5)
    raise RuntimeError("crosslate serve did not get ready: run it by hand to see why")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
