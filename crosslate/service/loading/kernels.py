"""What keeps the compiled kernels of this machine from being the best: for `crosslate doctor` and logs."""

from __future__ import annotations

from dataclasses import dataclass

from crosslate.models.native.library import load_library
from crosslate.service.process.machine import cpu_features, is_arm


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why CPUs are slower than they might be, and what to do."""

    reason: str
    remedy: str


def kernel_isa() -> str | None:
    """For which instruction set those of this process are, as in `Library.isa`; None: there are none."""
    library = load_library()
    return None if library is None else library.isa


def shortfall(isa: str | None) -> Shortfall | None:
    """None where no kernels are faster on this CPU than those for this instruction set."""
    if isa is None:
        return Shortfall(
            "the C kernels were not compiled: CPUs compute in float32, several times slower",
            "install a C compiler (such as gcc), then `uv sync --reinstall-package crosslate`",
        )
    if isa == "generic":
        missing, better = ("dot products", "I8MM") if is_arm() else ("AVX2", "AVX-512 VNNI")
        return Shortfall(
            f"this CPU has no {missing}, so it computes in float32 unless a model's dtype is int8",
            f"use a machine whose CPU has {missing} or, better, {better}",
        )
    if isa == "vnni" and "amx_int8" in cpu_features():
        return Shortfall(
            "this CPU has AMX, but the system lends none of its tiles: the kernels are those for VNNI",
            "run it under Linux 5.16 or newer, in no sandbox that refuses `arch_prctl`",
        )
    return None
