from __future__ import annotations

import os
from pathlib import Path

import pytest

from crosslate.service.process.machine import available_cpus, available_memory, cpu_features, whole_memory

GIB = 2**30
FREE, WHOLE = 8 * GIB, 16 * GIB


def write(root: Path, files: dict[str, str]) -> Path:
    """A system with eight GiB free of sixteen, and these files."""
    meminfo = f"MemTotal: {WHOLE // 1024} kB\nMemAvailable: {FREE // 1024} kB\n"
    for name, content in {"proc/meminfo": meminfo, **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


V2 = {"proc/self/cgroup": "0::/system.slice/crosslate.service\n"}
V1 = {"proc/self/cgroup": "9:name=systemd:/x\n5:cpuacct,cpu:/docker/abc\n4:memory:/docker/abc\n0::/\n"}
UNLIMITED_V1 = {
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
    "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{GIB}\n",
}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 16),
        (V2, 16),
        ({**V2, "sys/fs/cgroup/system.slice/crosslate.service/cpu.max": "max 100000\n"}, 16),
        ({**V2, "sys/fs/cgroup/system.slice/crosslate.service/cpu.max": "250000 100000\n"}, 3),
        ({**V2, "sys/fs/cgroup/system.slice/crosslate.service/cpu.max": "5000 100000\n"}, 1),
        ({**V2, "sys/fs/cgroup/system.slice/cpu.max": "400000 100000\n"}, 4),
        ({"proc/self/cgroup": "0::/../..\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2),
        ({**V2, "sys/fs/cgroup/cpu.max": "6400000 100000\n"}, 16),
        ({**V1, **UNLIMITED_V1}, 16),
        ({**V1, **UNLIMITED_V1, "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "150000\n"}, 2),
        ({**V1, "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us": "700000\n"}, 16),
        (
            {
                **V1,
                "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us": "700000\n",
                "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us": "100000\n",
            },
            7,
        ),
    ],
)
def test_cpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], expected: int) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    assert available_cpus(write(tmp_path, files)) == expected


def test_the_affinity_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert available_cpus(write(tmp_path, {})) == 1


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, FREE),
        (V2, FREE),
        ({**V2, "sys/fs/cgroup/memory.max": "max\n", "sys/fs/cgroup/memory.current": f"{GIB}\n"}, FREE),
        (
            {**V2, "sys/fs/cgroup/memory.max": f"{3 * GIB}\n", "sys/fs/cgroup/memory.current": f"{GIB}\n"},
            2 * GIB,
        ),
        (
            {
                **V2,
                "sys/fs/cgroup/system.slice/crosslate.service/memory.max": f"{2 * GIB}\n",
                "sys/fs/cgroup/system.slice/crosslate.service/memory.current": f"{GIB}\n",
            },
            GIB,
        ),
        ({**V1, **UNLIMITED_V1}, FREE),
        ({**V1, **UNLIMITED_V1, "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{4 * GIB}\n"}, 3 * GIB),
    ],
)
def test_memory(tmp_path: Path, files: dict[str, str], expected: int) -> None:
    assert available_memory(write(tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, WHOLE),
        ({**V1, **UNLIMITED_V1}, WHOLE),
        (
            {**V2, "sys/fs/cgroup/memory.max": f"{3 * GIB}\n", "sys/fs/cgroup/memory.current": f"{GIB}\n"},
            3 * GIB,
        ),
    ],
)
def test_memory_whatever_has_some_now(tmp_path: Path, files: dict[str, str], expected: int) -> None:
    assert whole_memory(write(tmp_path, files)) == expected


def test_a_system_that_does_not_say_how_much_memory_there_is(tmp_path: Path) -> None:
    assert available_memory(tmp_path) is None
    assert whole_memory(tmp_path) is None


def test_what_the_cpu_has(tmp_path: Path) -> None:
    cpu = "processor\t: {}\nflags\t\t: fpu avx2 amx_int8\nbugs\t\t: spectre_v1\n\n"
    assert cpu_features(tmp_path) == frozenset()
    folder = write(tmp_path, {"proc/cpuinfo": cpu.format(0) + cpu.format(1)})
    assert cpu_features(folder) == {"fpu", "avx2", "amx_int8"}
    assert cpu_features(write(tmp_path, {"proc/cpuinfo": "Processor: ARMv8\n"})) == frozenset()
