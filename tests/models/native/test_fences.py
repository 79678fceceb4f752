"""No kernel touches a byte beside what it is given: memory ends there, and so would the process."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from crosslate.models.native.library import FALLBACKS, FOLDER, SIGNATURES, Library, load_library
from tests.models.native.fenced_checks import CHECKS, WITHOUT_BUFFERS, Check
from tests.models.native.fences import SIDES, Fence, Functions, Side, call, sparse_zeros

LOADED = load_library()
VARIANTS = FALLBACKS[LOADED.isa] if LOADED is not None else ()


class Noting:
    """Functions, and which of them were asked for."""

    def __init__(self, library: Library) -> None:
        self._functions = library.lengthy
        self.called: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.called.add(name)
        return getattr(self._functions, name)


@pytest.mark.skipif(LOADED is None, reason="the kernels are not compiled: no C compiler")
@pytest.mark.parametrize("isa", VARIANTS)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_kernels_stay_within_their_buffers(check: Check, side: Side, isa: str) -> None:
    check(Library(isa, FOLDER / f"kernels_{isa}.so").lengthy, Fence(side))


@pytest.mark.skipif(LOADED is None, reason="the kernels are not compiled: no C compiler")
def test_every_kernel_is_called_so() -> None:
    assert LOADED is not None
    noting = Noting(LOADED)
    for check in CHECKS:
        check(noting, Fence("behind"))
    assert noting.called == set(SIGNATURES) - WITHOUT_BUFFERS


BEYOND = 2**31
"""Places that 32 bits do not hold: a vocabulary of 256,000 tokens has 2**30 weights at a width of 4096."""


@pytest.mark.skipif(LOADED is None, reason="the kernels are not compiled: no C compiler")
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory that is not there cannot be asked for")
@pytest.mark.parametrize("isa", VARIANTS)
class TestPlacesBeyond32Bits:
    """In memory that is there only where it is touched."""

    @staticmethod
    def functions(isa: str) -> Functions:
        return Library(isa, FOLDER / f"kernels_{isa}.so").lengthy

    def test_rows_of_a_matrix(self, isa: str) -> None:
        width = 4096
        values = sparse_zeros(BEYOND // width + 2, width, dtype=np.int8)
        last, scales = len(values) - 1, np.ones(len(values), np.float32)
        values[last] = 3
        x, ids = np.empty((1, width), np.float32), np.array([last] * 8)
        call(self.functions(isa).embed_rows, ids, 1, values, scales, 1.0, width, None, None, x)
        assert (x == 3).all()
        own, parts = np.empty((8, width), np.int8), np.empty((3, 8), np.float32)
        gathered = (values, scales, scales, None, width, ids, 1, 8)
        call(self.functions(isa).gather_candidates, *gathered, own, *parts)
        assert (own == 3).all()

    def test_a_row_of_a_cache(self, isa: str) -> None:
        """Of two that lie far apart, the second: what is appended and what is looked at."""
        rows, width = 2, 8
        keys, values = (sparse_zeros(BEYOND + width) for _ in range(2))
        qkv = np.arange(rows * 3 * width, dtype=np.float32).reshape(rows, 3, width)
        lengths, out = np.ones(rows, np.int64), np.empty((rows, width), np.float32)
        sizes = (rows, 1, 1, width, BEYOND, width, 1.0)
        given = (qkv, 0, keys, values, lengths, None, 0, *sizes, None, 0, 0, 1)
        assert call(self.functions(isa).attend_appended, *given, out) == 0
        np.testing.assert_array_equal(keys[BEYOND:], qkv[1, 1])
        np.testing.assert_array_equal(out, qkv[:, 2])
        out[...] = 0
        cached = (np.ascontiguousarray(qkv[:, 0]), 0, keys, values, lengths, *sizes, *(None, 0, 0) * 2, 1)
        assert call(self.functions(isa).attend_cached, *cached, out) == 0
        np.testing.assert_array_equal(out, qkv[:, 2])


@pytest.mark.parametrize(
    ("side", "act", "place", "is_stopped"),
    [
        ("behind", "read", 9, False),
        ("behind", "read", 10, True),
        ("behind", "write", 10, True),
        ("before", "read", 0, False),
        ("before", "read", -1, True),
        ("before", "write", -1, True),
        ("before", "write", 0, False),
    ],
)
def test_a_fence_stops_the_first_byte_beside(side: Side, act: str, place: int, is_stopped: bool) -> None:
    command = [sys.executable, "-m", "tests.models.native.fences", side, act, "10", str(place)]
    done = subprocess.run(command, capture_output=True, check=False)
    stopped = (-signal.SIGSEGV, -signal.SIGBUS)
    assert done.returncode in (stopped if is_stopped else (0,)), done.stderr


def test_what_is_given_can_only_be_read() -> None:
    command = [sys.executable, "-m", "tests.models.native.fences", "behind", "overwrite", "10", "3"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode in (-signal.SIGSEGV, -signal.SIGBUS), done.stderr
