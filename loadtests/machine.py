"""What a measurement was taken on: figures say nothing without it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from pathlib import Path

from crosslate.service.process.machine import available_cpus

INSTRUCTION_SETS = (
    "avx2", "avx512f", "avx512bw", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_int8",
    "asimddp", "i8mm", "sve",
)  # fmt: skip
"""Those that decide how fast matrices are multiplied, as Linux names them."""
CPU_INFO = Path("/proc/cpuinfo")


def describe_machine(packages: Sequence[str]) -> str:
    """The CPU, its cores and instruction sets, how busy it is, and the versions of these packages."""
    cpu_info = _cpu_info()
    flags = cpu_info.get("flags", cpu_info.get("Features", "")).split()
    present = [name for name in INSTRUCTION_SETS if name in flags]
    versions = [f"{name} {_version(name)}" for name in packages]
    return "\n".join(
        [
            f"CPU: {cpu_info.get('model name', platform.machine())}, {num_cores()} cores, "
            f"{', '.join(present) or 'no known matrix instructions'}",
            f"Load average before: {os.getloadavg()[0]:.1f}",
            f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
            ", ".join(versions),
        ]
    )


def num_cores() -> int:
    """The cores that this process may use."""
    return available_cpus()


def _cpu_info() -> dict[str, str]:
    if not CPU_INFO.exists():
        return {}
    pairs = (line.split(":", maxsplit=1) for line in CPU_INFO.read_text().splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
