"""Every kernel under a compiler's watch: AddressSanitizer, UndefinedBehaviorSanitizer, ThreadSanitizer.

Fences (`test_fences.py`) see what a kernel does beside its caller's buffers; these see its own scratch space,
and what threads do to each other.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from crosslate.models.native.library import FOLDER
from tests.models.native.compiling import compile_quietly

HERE = Path(__file__).parent
COMPILER = shutil.which("gcc") or shutil.which("clang")
FLAGS = ("-std=gnu11", "-g", "-pthread", "-Wall", "-Wno-psabi", "-march=native", "-U__AMX_INT8__")
"""For this CPU, but without the tiles that Linux only lends who asks."""
WATCHES = {
    "memory": ("-O0", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"),
    "threads": ("-O1", "-fsanitize=thread"),
}
REPORTS = {"memory": "AddressSanitizer", "threads": "data race"}
INCLUDED = {"candidates.c", "layers.c", "sources.c"}
"""By the program itself."""
pytestmark = [
    pytest.mark.skipif(COMPILER is None, reason="no compiler"),
    pytest.mark.skipif(
        platform.machine() not in {"x86_64", "aarch64"}, reason="sanitizers are not there on every machine"
    ),
]


@pytest.fixture(scope="module", params=list(WATCHES))
def watch(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def program(watch: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(watch)
    _skip_unless_there(watch, folder)
    sources = [str(path) for path in sorted(FOLDER.glob("*.c")) if path.name not in INCLUDED]
    sources.append(str(HERE / "sanitized_calls.c"))
    path = folder / "calls"
    compile_quietly(str(COMPILER), FLAGS, WATCHES[watch], f"-I{FOLDER}", sources, "-o", str(path), "-lm")
    return path


def _skip_unless_there(watch: str, folder: Path) -> None:
    """Compilers come without the libraries, and some kernels place memory where these do not expect it."""
    (folder / "nothing.c").write_text("int main(void) { return 0; }\n")
    command = [
        str(COMPILER),
        *FLAGS,
        *WATCHES[watch],
        str(folder / "nothing.c"),
        "-o",
        str(folder / "nothing"),
    ]
    for step in (command, [str(folder / "nothing")]):
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"{step[0]} cannot watch {watch} here: {done.stderr.strip()[:200]}")


def _run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Leaks are counted in `test_scarce_memory.py`: to look for them here, it would have to trace itself.
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}
    command = [str(program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_nothing_is_reported(program: Path) -> None:
    done = _run(program)
    assert (done.returncode, done.stderr) == (0, "")


def test_something_would_be(program: Path, watch: str) -> None:
    """A row is written twice at once, and beside the memory that is there."""
    done = _run(program, "wrong")
    assert done.returncode != 0
    assert REPORTS[watch] in done.stderr
