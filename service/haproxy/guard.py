"""A process beside HAProxy that puts another one in its place when it is killed, and ends it with its Ray.

Serve notices a dead HAProxy after three missed checks and a start of its manager, together 36 seconds in
which the port is closed. And a HAProxy whose Ray has died would answer probes for ever.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from pathlib import Path

from service.haproxy.admin import admin_socket, running_pid

SETTLE_S = 0.2
"""After HAProxy's end, until its successor is expected to answer, if it has one."""
SHUTDOWN_S = 5.0
"""A manager that ends so soon after its HAProxy has ended it itself."""
ORPHAN_S = 60.0
"""How long HAProxy may go on without a manager; Ray starts another one well before."""
_TRIES = 5


def bridge_socket(path: str) -> str:
    """The admin socket of the HAProxy that stands in for the one at `path`."""
    return f"{path}.bridge"


def watch(haproxy: int, manager: int, binary: str, config: Path) -> None:
    """Until HAProxy has ended, and what stood in for it.

    Args:
        haproxy: its process.
        manager: that of what has started it.
        binary: HAProxy, to start another one.
        config: of the one that runs.
    """
    content = config.read_text(encoding="utf-8")
    path = admin_socket(content)
    if path is None:
        return
    if _first_to_end(haproxy, manager) == manager:
        _end_orphan(haproxy)
        return
    time.sleep(SETTLE_S)
    content = config.read_text(encoding="utf-8")
    if running_pid(path) is None and _is_alive(manager) and "use_backend http-" in content:
        _stand_in(manager, binary, config, content.replace(path, bridge_socket(path)))


def _stand_in(manager: int, binary: str, config: Path, content: str) -> None:
    """Another HAProxy, which Serve's next one takes the port over from, until then.

    Its admin socket is another one than Serve asks: a manager whose own HAProxy is gone cannot go on, so
    Serve has to notice, and to replace it.
    """
    bridge_config = config.with_suffix(".bridge.cfg")
    bridge_config.write_text(content, encoding="utf-8")
    began = time.monotonic()
    for _ in range(_TRIES):
        bridge = subprocess.Popen([binary, "-dS", "-db", "-f", str(bridge_config)], stdin=subprocess.DEVNULL)
        if _first_to_end(bridge.pid, manager) == manager:
            if time.monotonic() - began < SHUTDOWN_S:
                bridge.kill()
            else:
                _end_orphan(bridge.pid)
        if bridge.wait() >= 0 or not _is_alive(manager):  # it was told to go
            return
        time.sleep(SETTLE_S)


def _end_orphan(haproxy: int) -> None:
    """Tell it to finish what it has, unless it ends within the time that a new manager needs."""
    if not _ends(haproxy, ORPHAN_S) and _is_alive(haproxy):
        os.kill(haproxy, signal.SIGUSR1)


def _first_to_end(*pids: int) -> int:
    """Waits for the end of one of the processes."""
    waiting: dict[int, int] = {}
    try:
        for pid in pids:
            try:
                waiting[os.pidfd_open(pid)] = pid
            except ProcessLookupError:
                return pid
        ready, _, _ = select.select(list(waiting), [], [])
        return waiting[ready[0]]
    finally:
        for descriptor in waiting:
            os.close(descriptor)


def _ends(pid: int, within_s: float) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], within_s)[0])
    finally:
        os.close(descriptor)


def _is_alive(pid: int) -> bool:
    return not _ends(pid, 0)
