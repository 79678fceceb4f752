"""Where memory or threads run out, a kernel says so or does without: nothing is kept, nothing is wrong."""

from __future__ import annotations

import ctypes
import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from crosslate.models.native.candidate_rows import CandidateTable
from crosslate.models.native.kernels import Kernels
from crosslate.models.native.layer_tables import SourceTable
from crosslate.models.native.library import FOLDER, RESULTS, Library, check
from crosslate.models.native.packed_weights import PackedWeights
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


CALLS: dict[str, Callable[[Kernels, PackedWeights], object]] = {
    "linear": lambda kernels, packed: kernels.linear(torch.randn(3, 16), packed),
    "highest": lambda kernels, packed: kernels.highest_of_linear(torch.randn(3, 16), packed, 2),
    "candidates": lambda kernels, packed: kernels.candidate_scores(torch.randn(1, 16), _few(kernels, packed)),
    "best": lambda kernels, packed: kernels.best_candidates(torch.randn(1, 16), _few(kernels, packed)),
    "packed": lambda kernels, packed: kernels.attend_packed(
        torch.randn(3, 24), torch.tensor([0, 3]), num_heads=1, scale=1.0, bias=None
    ),
    "sources": lambda kernels, packed: SourceTable(
        kernels.library, [packed], num_heads=1, head_dim=8
    ).project(torch.randn(3, 16), torch.tensor([0, 3]), 3, None),
}


def _few(kernels: Kernels, packed: PackedWeights) -> CandidateTable:
    weights = torch.ones(16, 16, dtype=torch.int8)
    return CandidateTable([kernels.gather_candidates(np.array([1, 9]), weights, packed)])


@pytest.mark.parametrize("name", CALLS)
def test_whoever_calls_is_told(library: Library, name: str) -> None:
    """By the error that Python has for it; the next call finds memory again."""
    kernels = Kernels(library)
    packed = kernels.pack(torch.ones(16, 16, dtype=torch.int8), torch.ones(16), None)
    left = ctypes.c_long.in_dll(library.lengthy, "pieces_left")
    left.value = 0
    try:
        with pytest.raises(MemoryError, match="no memory for its scratch space"):
            CALLS[name](kernels, packed)
    finally:
        left.value = PLENTY
    CALLS[name](kernels, packed)


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
