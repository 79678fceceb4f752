"""Ctrl-C at a terminal, at moments of a start."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
import pytest

from tests.processes import is_running
from tests.service.http.running import free_port

CTRL_C = b"\x03"
_LIMIT_S = 120


@dataclass
class Terminal:
    """A `crosslate serve` that has a terminal, as somebody who sits there."""

    pid: int
    end: int
    seen: bytes = b""

    def read_until(self, words: bytes) -> None:
        """Read on until these words are on the screen, or, for none, until the command has ended."""
        deadline = time.monotonic() + _LIMIT_S
        while not words or words not in self.seen:
            assert time.monotonic() < deadline, self.seen
            if not select.select([self.end], [], [], 0.5)[0]:
                continue
            with contextlib.suppress(OSError):  # how Linux says that nobody has the terminal any more
                if more := os.read(self.end, 65536):
                    self.seen += more
                    continue
            assert not words, self.seen
            return

    def press(self, key: bytes) -> None:
        os.write(self.end, key)

    def status(self) -> int:
        self.read_until(b"")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@contextlib.contextmanager
def serving_at_terminal(*arguments: str) -> Iterator[Terminal]:
    pid, end = pty.fork()
    if pid == 0:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # tests may run in the background, where it is ignored
        os.execv(sys.executable, [sys.executable, "-m", "crosslate", "serve", *arguments])
    terminal = Terminal(pid, end)
    try:
        yield terminal
    finally:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                os.kill(pid, 9)
                os.waitpid(pid, 0)
        os.close(end)


def wait_for_death(processes: list[psutil.Process]) -> None:
    """A process that has been killed still takes a moment on a busy machine."""
    deadline = time.monotonic() + _LIMIT_S
    while left := [process for process in processes if is_running(process.pid)]:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_ends_what_only_begins(presses: int) -> None:
    """Where no Ray is started yet: at the first line, from where a second of imports follows."""
    with serving_at_terminal("--port", str(free_port())) as terminal:
        terminal.read_until(b"Starting Crosslate")
        terminal.press(CTRL_C * presses)
        assert terminal.status() == 130
    assert terminal.seen.endswith(b"crosslate: stopped\r\n")
    assert b"Traceback" not in terminal.seen


@pytest.mark.e2e
def test_ctrl_c_while_ray_starts_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its processes come one by one, and may not be children of the command any more when it ends."""
    port = free_port()
    mark = f"STARTED_FOR_{port}"
    monkeypatch.setenv(mark, "1")
    with serving_at_terminal("--port", str(port)) as terminal:
        terminal.read_until(b"Starting Ray")
        terminal.press(CTRL_C)
        assert terminal.status() == 130
    wait_for_death(with_variable(mark))
    assert terminal.seen.endswith(b"crosslate: stopped\r\n")
    assert b"Traceback" not in terminal.seen


def with_variable(name: str) -> list[psutil.Process]:
    """All other processes that were started with this environment variable, whoever is their parent now."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if name in process.environ() and process.pid != os.getpid():
                found.append(process)
    return found


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("moment", "statuses", "word"),
    [(b"0 of ", {130}, b"crosslate: stopped"), (b"Stop with Ctrl-C.", {0, 130}, b"Stopping")],
    ids=["loading", "ready"],
)
def test_ctrl_c_twice_ends_everything_that_was_started(
    moment: bytes, statuses: set[int], word: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a replica loads its model, and while it serves: then the first may have ended all."""
    port = free_port()
    monkeypatch.setenv("CROSSLATE_GATEWAY__NUM_REPLICAS", "1")
    with serving_at_terminal("starter/en-pt", "--port", str(port)) as terminal:
        terminal.read_until(moment)
        started = psutil.Process(terminal.pid).children(recursive=True)
        terminal.press(CTRL_C)
        terminal.press(CTRL_C)
        assert terminal.status() in statuses
    assert len(started) > 3, "gcs_server, raylet, its agents, the controller"
    wait_for_death(started)
    assert word in terminal.seen
    assert b"Traceback" not in terminal.seen
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        again.bind(("127.0.0.1", port))
