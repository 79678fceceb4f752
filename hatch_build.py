"""Compiles the C kernels when the package is built, once per instruction set.

Without a C compiler on the machine the `ziglang` wheel stands in. Should compiling fail, the package is built
without kernels: everything works then, int8 slowly (`crosslate doctor` says so).
"""

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("crosslate", "models", "native")
SOURCES = (
    "int8_pack.c",
    "int8_linear.c",
    "int8_best.c",
    "candidates.c",
    "attention.c",
    "attention_packed.c",
    "rows.c",
    "layers.c",
    "sources.c",
    "peaks.c",
    "team.c",
    "isa.c",
)
FLAGS = [
    "-O3",
    "-std=gnu11",
    "-fPIC",
    "-shared",
    "-pthread",
    "-fvisibility=hidden",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=off",  # which products are joined with a sum is written out: lanes.h
    "-Wall",
    "-Wno-psabi",
]
if sys.platform == "linux":
    FLAGS.append("-Wl,-z,defs")  # what is not defined is found now, as it is elsewhere
AVX2 = ["-mavx2", "-mfma"]
AVX512 = ["-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512vnni"]
ON_X86 = {
    "generic": [],
    "avx2": AVX2,
    "avxvnni": [*AVX2, "-mavxvnni"],
    "vnni": [*AVX2, *AVX512],
    "amx": [*AVX2, *AVX512, "-mamx-tile", "-mamx-int8"],
}
ON_ARM = {
    "generic": [],
    "dotprod": ["-march=armv8.2-a+dotprod"],
    "i8mm": ["-march=armv8.2-a+dotprod+i8mm"],
}
VARIANTS = {"x86_64": ON_X86, "AMD64": ON_X86, "aarch64": ON_ARM, "arm64": ON_ARM}.get(
    platform.machine(), {"generic": []}
)


class KernelBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts `crosslate/models/native/kernels_<variant>.so` beside the sources."""

    def dependencies(self) -> list[str]:
        """The wheel that brings a compiler, where the machine has none that is wanted."""
        return [] if _wanted_compiler() else ["ziglang"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; runs before any kind of build, editable ones included."""
        if self.target_name != "wheel" or os.name != "posix":
            return
        compiler = _wanted_compiler() or _zig() or _found("gcc")
        if compiler is None:
            self.app.display_warning("no C compiler: int8 will be slow")
            return
        for variant, flags in VARIANTS.items():
            if fault := _compile(compiler, Path(self.root, FOLDER), variant, flags):
                self.app.display_warning(f"the {variant} kernels could not be compiled: {fault}")
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["artifacts"].append(f"{FOLDER.as_posix()}/*.so")


def _wanted_compiler() -> list[str] | None:
    """Of this machine. For ARM clang: gcc keeps eight lanes in memory where two registers would do."""
    names = ["clang"] if VARIANTS is ON_ARM else ["cc", "gcc", "clang"]
    if "CC" in os.environ:
        names.insert(0, os.environ["CC"])
    return next(filter(None, map(_found, names)), None)


def _found(name: str) -> list[str] | None:
    return [name] if shutil.which(name) else None


def _zig() -> list[str] | None:
    # Zig would compile for this very CPU, and with checks.
    command = [sys.executable, "-m", "ziglang", "cc", "-mcpu=baseline", "-fno-sanitize=undefined"]
    return command if importlib.util.find_spec("ziglang") else None


def _compile(compiler: list[str], folder: Path, variant: str, flags: list[str]) -> str | None:
    """None, or what went wrong. A half-written library never takes the place of a whole one."""
    library, fresh = folder / f"kernels_{variant}.so", folder / f"kernels_{variant}.so.new"
    sources = [str(folder / source) for source in SOURCES]
    if "ziglang" in compiler:
        flags = [flag.replace("-march=armv8.2-a", "-mcpu=generic") for flag in flags]
    command = [*compiler, *FLAGS, *flags, *sources, "-o", str(fresh), "-lm"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        fresh.unlink(missing_ok=True)
        library.unlink(missing_ok=True)
        return result.stderr.strip()[-2000:]
    fresh.replace(library)
    return None
