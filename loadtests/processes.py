"""Resident memory of a service's replicas, read from `/proc` (Linux)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from crosslate.service.haproxy.guard import parent_of

PROC = Path("/proc")
REPLICA_TITLE = "ray::ServeReplica:"
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def replica_pids(ancestor: int | None) -> list[int]:
    """Ray Serve's replicas on this machine; with `ancestor`, those that descend from this process."""
    return sorted(
        pid
        for pid in _pids()
        if command_of(pid).startswith(REPLICA_TITLE) and (ancestor is None or ancestor in _ancestors(pid))
    )


def descendants(ancestor: int) -> list[int]:
    """The processes that descend from this one, itself left out."""
    return [pid for pid in _pids() if ancestor in _ancestors(pid)]


def resident_bytes(pid: int) -> int:
    """Of one process.

    Raises:
        ProcessLookupError: it is gone.
    """
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * PAGE_BYTES
    except FileNotFoundError:
        raise ProcessLookupError(f"the replica with process id {pid} has ended") from None


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())


def command_of(pid: int) -> str:
    """What a process was started as, or calls itself; nothing where it is gone."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _ancestors(pid: int) -> Iterator[int]:
    while (pid := parent_of(pid)) > 0:
        yield pid
