"""What a service has of the machine: memory, descriptors, temporary files. Linux."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from loadtests.processes import PROC, command_of, descendants, replica_pids, resident_bytes

MIB = 2**20
_FOLDERS = re.compile(r"(/\S*/(?:session_[\w.-]+|crosslate-\w+))(?:/|\s|$)")
"""Ray's session and HAProxy's files, as commands name them."""


class Footprint:
    """Of the service of one `crosslate serve` process."""

    def __init__(self, serve_pid: int) -> None:
        self._serve_pid = serve_pid
        self._folders = {
            Path(found)
            for pid in (serve_pid, *descendants(serve_pid))
            for found in _FOLDERS.findall(command_of(pid))
        }

    def replicas(self) -> list[int]:
        """Process ids, the oldest first."""
        return sorted(replica_pids(self._serve_pid), key=_started)

    def sample(self) -> dict[str, float]:
        """Each quantity's value now."""
        pids = [self._serve_pid, *descendants(self._serve_pid)]
        replicas = self.replicas()
        values = {
            "processes": float(len(pids)),
            "memory of all, MiB": sum(_resident_mib(pid) for pid in pids),
            "open files of all": float(sum(map(_open_files, pids))),
            "temporary files, MiB": sum(map(_bytes_in, self._folders)) / MIB,
        }
        if replicas:
            oldest = replicas[0]
            values |= {
                f"memory of replica {oldest}, MiB": _resident_mib(oldest),
                f"open files of replica {oldest}": float(_open_files(oldest)),
                f"threads of replica {oldest}": float(_count(PROC / str(oldest) / "task")),
            }
        return values


def _resident_mib(pid: int) -> float:
    try:
        return resident_bytes(pid) / MIB
    except ProcessLookupError:
        return 0.0


def _open_files(pid: int) -> int:
    return _count(PROC / str(pid) / "fd")


def _count(folder: Path) -> int:
    try:
        return sum(1 for _ in folder.iterdir())
    except OSError:
        return 0


def _started(pid: int) -> int:
    """In ticks since the machine's start; 0 where it is gone."""
    try:
        status = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return int(status.rpartition(")")[2].split()[19])


def _bytes_in(folder: Path) -> int:
    return sum(_files_of(folder))


def _files_of(folder: Path) -> Iterator[int]:
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                yield (Path(root) / name).lstat().st_blocks * 512
            except OSError:
                continue
