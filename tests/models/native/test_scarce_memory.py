"""Where memory or threads run out, a kernel says so or does without: nothing is kept, nothing is wrong."""

from __future__ import annotations

import ctypes
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from crosslate.models.native.library import FOLDER, RESULTS, Library, check
from tests.models.native.compiling import compile_quietly
from tests.models.native.fenced_checks import CHECKS, WITHOUT_BUFFERS, Check
from tests.models.native.fences import Fence

HERE = Path(__file__).parent
COMPILER = shutil.which("gcc") or shutil.which("clang")
pytestmark = pytest.mark.skipif(COMPILER is None, reason="no compiler")
FLAGS = ("-O1", "-std=gnu11", "-fPIC", "-shared", "-pthread", "-fvisibility=hidden", "-Wall", "-Wno-psabi")
ALLOCATING = set(RESULTS) - WITHOUT_BUFFERS
WITHOUT_MEMORY = {"check_add_norm", "check_embed_rows", "check_highest_scores", "check_ssru_step"}
PLENTY = 10**9


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    path = tmp_path_factory.mktemp("scarce") / "kernels.so"
    header = ("-include", str(HERE / "scarce_memory.h"))
    sources = [str(source) for source in sorted(FOLDER.glob("*.c"))]
    compile_quietly(str(COMPILER), FLAGS, header, sources, "-o", str(path), "-lm")
    return Library("generic", path)


class Scarce:
    """The library's functions, each of which gets so many pieces of memory and threads and no more.

    Attributes:
        num_refused: calls that asked for more.
    """

    def __init__(self, library: Library, pieces: int) -> None:
        self._functions = library.lengthy
        self._pieces = pieces
        self.num_refused = 0
        self._left = ctypes.c_long.in_dll(library.lengthy, "pieces_left")

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._functions, name)

        def limited(*arguments: object) -> object:
            self._left.value = self._pieces
            failed = function(*arguments)
            self.num_refused += self._left.value < 0
            self._left.value = PLENTY
            if name in ALLOCATING:
                check(failed)
            return failed

        return limited


@pytest.mark.parametrize("case", CHECKS, ids=lambda case: case.__name__)
def test_each_piece_may_be_refused(library: Library, case: Check) -> None:
    """First none is there, then one more each time, until all are."""
    outcomes = []
    for pieces in count():
        scarce = Scarce(library, pieces)
        outcomes.append(_passes(case, scarce))
        assert _all_given_back(library)
        if not scarce.num_refused:
            break
    assert outcomes[-1]
    assert len(outcomes) > 1 or case.__name__ in WITHOUT_MEMORY


def _all_given_back(library: Library) -> bool:
    """Python's `join` is done a moment before a thread has ended, and its team with it."""
    held = ctypes.c_long.in_dll(library.lengthy, "pieces_held")
    deadline = time.monotonic() + 30
    while held.value and time.monotonic() < deadline:
        time.sleep(0.001)
    return held.value == 0


def _passes(case: Check, scarce: Scarce) -> bool:
    """In a thread of its own, with whose end its team gives back what it has."""

    def run() -> bool:
        try:
            case(scarce, Fence("behind"))
        except MemoryError:
            return False
        return True

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()
