"""Programs that also run where there is no Python: with tile instructions in plain C, and with real ones."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from crosslate.models.native.library import FOLDER, load_library
from tests.models.native.compiling import compile_quietly

HERE = Path(__file__).parent
LOADED = load_library()
ISA = "none" if LOADED is None else LOADED.isa
COMPILER = shutil.which("gcc") or shutil.which("clang")
COMMON = ("-O2", "-std=gnu11", "-pthread", "-ffp-contract=off", "-Wall", "-Wno-psabi")
VNNI = ("-mavx2", "-mfma", "-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512vnni")
FLAGS = {
    "emulated": (*VNNI, "-D__AMX_INT8__", "-include", str(HERE / "emulated_tiles.h")),
    "vnni": VNNI,
    "otherwise_compiled": (*VNNI, "-O1"),
    "amx": (*VNNI, "-mamx-tile", "-mamx-int8"),
}
pytestmark = pytest.mark.skipif(
    ISA not in {"vnni", "amx"} or COMPILER is None, reason="no AVX-512 VNNI or no compiler"
)


def _compiled(name: str, folder: Path, variant: str) -> Path:
    program = folder / variant
    sources = [*(str(source) for source in sorted(FOLDER.glob("*.c"))), str(HERE / name)]
    compile_quietly(str(COMPILER), COMMON, FLAGS[variant], f"-I{FOLDER}", sources, "-o", str(program), "-lm")
    return program


def _lines(program: Path) -> list[str]:
    """What it tells; all is right."""
    done = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout.splitlines()


def test_numbers_are_those_of_plain_loops_and_of_other_variants(tmp_path: Path) -> None:
    """However a compiler orders its work: whether a product is joined with a sum is not its to decide."""
    variants = ("emulated", "vnni", "otherwise_compiled", *(("amx",) if ISA == "amx" else ()))
    told = [_lines(_compiled("tile_numbers.c", tmp_path, variant)) for variant in variants]
    assert sum(line.startswith("ok ") for line in told[0]) == 4
    assert sum(line.startswith("digest ") for line in told[0]) == 6
    assert all(lines == told[0] for lines in told)


@pytest.mark.skipif(ISA != "amx", reason="no AMX: CONTRIBUTING.md says how an emulator runs this")
def test_the_system_lends_tiles_as_it_should(tmp_path: Path) -> None:
    """Permission, refusals, threads, children and signals."""
    assert all(line.startswith("ok ") for line in _lines(_compiled("tile_system.c", tmp_path, "amx")))
