"""Which variant a CPU gets, of CPUs that are pretended: `isa.c` with its questions answered by a header."""

from __future__ import annotations

import ctypes
import platform
import shutil
import sys
from pathlib import Path

import pytest

from crosslate.models.native.library import FALLBACKS, FOLDER
from tests.models.native.compiling import compile_quietly

HERE = Path(__file__).parent
COMPILER = shutil.which("gcc") or shutil.which("clang")
pytestmark = pytest.mark.skipif(
    COMPILER is None or platform.machine() != "x86_64" or sys.platform != "linux",
    reason="no compiler, or no Linux on x86-64",
)
AVX2 = "avx2 fma"
AVX512 = f"{AVX2} avx512f avx512bw avx512vl avx512vnni"
SAPPHIRE_RAPIDS = f"{AVX512} avxvnni amx-tile amx-int8"


@pytest.mark.parametrize(
    ("features", "lends", "isa", "asked"),
    [
        ("", True, "generic", 0),
        ("avx2", True, "generic", 0),
        (AVX2, True, "avx2", 0),
        (f"{AVX2} avxvnni", True, "avxvnni", 0),
        (f"{AVX2} avx512f avx512bw avx512vl", True, "avx2", 0),
        (AVX512, True, "vnni", 0),
        (f"{AVX512} amx-tile", True, "vnni", 0),
        (SAPPHIRE_RAPIDS, False, "vnni", 1),
        (SAPPHIRE_RAPIDS, True, "amx", 1),
    ],
)
def test_a_cpu_gets_the_best_that_it_has(
    tmp_path: Path, features: str, lends: bool, isa: str, asked: int
) -> None:
    """Tiles are asked for once, and only where there are some: without the permission they are not used."""
    library = _pretended(tmp_path, features, lends=lends)
    library.best_isa.restype = ctypes.c_char_p
    assert library.best_isa().decode() == isa
    assert isa in FALLBACKS
    assert library.times_asked() == asked


def _pretended(folder: Path, features: str, *, lends: bool) -> ctypes.CDLL:
    path = folder / "isa.so"
    cpu = (f'-DPRETEND_HAS="{features}"', f"-DPRETEND_LENDS={int(lends)}")
    flags = ("-std=gnu11", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall", "-Wno-psabi", *cpu)
    header = ("-include", str(HERE / "pretended_cpu.h"))
    compile_quietly(str(COMPILER), flags, header, str(FOLDER / "isa.c"), "-o", str(path))
    return ctypes.CDLL(str(path))
