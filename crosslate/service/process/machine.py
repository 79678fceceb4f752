"""What this process may use of the machine: its own share where a container or a service manager set one."""

from __future__ import annotations

import math
import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")
_CGROUPS = Path("sys/fs/cgroup")


def available_cpus(root: Path = ROOT) -> int:
    """How many threads can run at once: by the affinity, and by the quota of every control group around.

    A part of a CPU counts as one, as the JVM has it: half a thread's time lost costs less than half a CPU.
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([affinity, *map(math.ceil, _cpu_quotas(root))]))


def available_memory(root: Path = ROOT) -> int | None:
    """Bytes that a new process can have: the machine's, or what the limits of the control groups leave."""
    free = _told_memory(root, "MemAvailable")
    return None if free is None else min([free, *(limit - used for limit, used in _memory_limits(root))])


def whole_memory(root: Path = ROOT) -> int | None:
    """Bytes that all processes here can have together, whatever has some now; None where nobody says."""
    whole = _told_memory(root, "MemTotal")
    return None if whole is None else min([whole, *(limit for limit, _ in _memory_limits(root))])


def _told_memory(root: Path, name: str) -> int | None:
    """Bytes, as Linux has them under this name."""
    try:
        meminfo = (root / "proc/meminfo").read_text()
    except OSError:
        return None
    match = re.search(rf"^{name}:\s+(\d+) kB", meminfo, re.MULTILINE)
    return int(match[1]) * 1024 if match else None


def cpu_features(root: Path = ROOT) -> frozenset[str]:
    """What the CPU has, in Linux's words (`avx2`, `amx_int8`); none where that is not told."""
    try:
        text = (root / "proc/cpuinfo").read_text()
    except OSError:
        return frozenset()
    match = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    return frozenset(match[1].split()) if match else frozenset()


def is_arm() -> bool:
    """Whether the CPU is a 64-bit ARM."""
    return platform.machine() in {"aarch64", "arm64"}


def _cpu_quotas(root: Path) -> Iterator[float]:
    """In CPUs."""
    for group in _own_groups(root, "cpu"):
        quota, period = _numbers(group / "cpu.max", 2)
        if quota is None:
            quota, period = _number(group / "cpu.cfs_quota_us"), _number(group / "cpu.cfs_period_us")
        if quota is not None and period is not None and quota > 0:  # -1: none
            yield quota / period


def _memory_limits(root: Path) -> Iterator[tuple[int, int]]:
    """What each group may have, and what of it is used."""
    versions = ("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")
    for group in _own_groups(root, "memory"):
        for limit_name, used_name in versions:
            limit, used = _number(group / limit_name), _number(group / used_name)
            if limit is not None and used is not None:
                yield limit, used


def _own_groups(root: Path, controller: str) -> Iterator[Path]:
    """The folder of this process's control group and those around it, of either version.

    In a container the path may be the host's, of which nothing is to be seen but the mount's root.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        mount = root / _CGROUPS / controller if controllers else root / _CGROUPS
        parts = [part for part in path.split("/") if part not in ("", "..")]
        yield from (mount.joinpath(*parts[:depth]) for depth in range(len(parts), -1, -1))


def _number(file: Path) -> int | None:
    (number,) = _numbers(file, 1)
    return number


def _numbers(file: Path, count: int) -> list[int | None]:
    """What stands in a file of control groups; None for `max` and where there is no such file."""
    try:
        words = file.read_text().split()
    except OSError:
        words = []
    found = [int(word) if word.lstrip("-").isdigit() else None for word in words]
    return [*found, *[None] * count][:count]
