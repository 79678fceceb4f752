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
from dataclasses import dataclass
from pathlib import Path

from crosslate.service.haproxy.admin import admin_socket, is_taken
from crosslate.service.haproxy.edits import APPLICATION, EDITED, last_edited

SETTLE_S = 0.2
"""After HAProxy's end, until its successor is expected to answer, if it has one."""
SHUTDOWN_S = 5.0
"""A manager that ends so soon after its HAProxy has ended it itself."""
ORPHAN_S = 60.0
"""How long HAProxy may go on without a manager; Ray starts another one well before."""
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Kin:
    """The processes on which it depends what is to be done.

    Attributes:
        haproxy: what is guarded.
        manager: Serve's actor that has started it.
        node: the Ray node that the manager belongs to.
    """

    haproxy: int
    manager: int
    node: int


def bridge_socket(path: str) -> str:
    """The admin socket of the HAProxy that stands in for the one at `path`; HAProxy takes no long paths."""
    return f"{path}.b"


def watch(kin: Kin, binary: str, config: Path) -> None:
    """Until HAProxy has ended, and what stood in for it.

    A manager that is to stop ends its HAProxy a moment before itself. Where that was not to be seen,
    something was killed.

    Args:
        kin: whom to watch.
        binary: HAProxy, to start another one.
        config: of the one that runs.
    """
    path = admin_socket(config.read_text(encoding="utf-8"))
    if path is None:
        return
    first = _first_to_end(kin.node, kin.manager, kin.haproxy)
    if first != kin.haproxy and not _ends_orphaned(kin.haproxy, kin.node):
        return
    time.sleep(SETTLE_S)
    content = _as_it_was(config)
    is_needed = first == kin.manager or _is_alive(kin.manager)
    if is_needed and _is_alive(kin.node) and not is_taken(path) and APPLICATION in content:
        _stand_in(kin, binary, config, content.replace(path, bridge_socket(path)))


def _as_it_was(config: Path) -> str:
    """What HAProxy has read: Serve may have written the next one, which nobody has edited yet."""
    content, last = config.read_text(encoding="utf-8"), last_edited(config)
    if content.startswith(EDITED) or not last.is_file():
        return content
    return last.read_text(encoding="utf-8")


def _stand_in(kin: Kin, binary: str, config: Path, content: str) -> None:
    """Another HAProxy, which Serve's next one takes the port over from, until then.

    Its admin socket is another one than Serve asks: a manager whose own HAProxy is gone cannot go on, so
    Serve has to notice, and to replace it.
    """
    bridge_config = config.with_suffix(".bridge.cfg")
    bridge_config.write_text(content, encoding="utf-8")
    began = time.monotonic()
    has_manager = _is_alive(kin.manager)
    for _ in range(_TRIES):
        bridge = subprocess.Popen([binary, "-dS", "-db", "-f", str(bridge_config)], stdin=subprocess.DEVNULL)
        first = _first_to_end(bridge.pid, kin.node, *([kin.manager] if has_manager else []))
        if has_manager and first == kin.manager and time.monotonic() - began < SHUTDOWN_S:
            bridge.kill()
        elif first != bridge.pid:
            _ends_orphaned(bridge.pid, kin.node)
        if bridge.wait() >= 0 or not _is_alive(kin.node):  # it was told to go
            return
        has_manager = _is_alive(kin.manager)
        time.sleep(SETTLE_S)


def _ends_orphaned(haproxy: int, node: int) -> bool:
    """Whether it ends by itself while there is no manager; else it is told to finish what it has.

    It has the time that a new manager needs, and none where the node has ended.
    """
    deadline = time.monotonic() + ORPHAN_S
    while _is_alive(node) and time.monotonic() < deadline:
        if _ends(haproxy, min(1.0, ORPHAN_S)):
            return True
    if _is_alive(haproxy):
        os.kill(haproxy, signal.SIGUSR1)
    return False


def parent_of(pid: int) -> int:
    """The process that has started another one; 0 where that has ended."""
    try:
        # After the name, which stands in parentheses and may hold anything: state, parent, ...
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return int(status.rpartition(")")[2].split()[1])


def _first_to_end(*pids: int) -> int:
    """Waits for the end of one of the processes; of several that have ended, the first in the list."""
    waiting: dict[int, int] = {}
    try:
        for pid in pids:
            try:
                waiting[os.pidfd_open(pid)] = pid
            except OSError:
                return pid
        ready, _, _ = select.select(list(waiting), [], [])
        return next(pid for descriptor, pid in waiting.items() if descriptor in ready)
    finally:
        for descriptor in waiting:
            os.close(descriptor)


def _ends(pid: int, within_s: float) -> bool:
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return True
    try:
        return bool(select.select([descriptor], [], [], within_s)[0])
    finally:
        os.close(descriptor)


def _is_alive(pid: int) -> bool:
    return not _ends(pid, 0)
