"""The threads that share one call's work: made once, kept, and without any say in the result."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.native.kernels import Kernels, load_kernels
from crosslate.models.native.library import load_library

TASKS = Path("/proc/self/task")
T = TypeVar("T")

pytestmark = [
    pytest.mark.skipif(load_library() is None, reason="the kernels are not compiled: no C compiler"),
    pytest.mark.skipif(not TASKS.is_dir(), reason="this system does not list a process's threads"),
]


@pytest.fixture
def multiply() -> Iterator[Callable[[int], bytes]]:
    """A product that is shared by so many threads; its bytes."""
    kernels = load_kernels()
    assert kernels is not None
    before = torch.get_num_threads()
    yield product(kernels)
    torch.set_num_threads(before)


def product(kernels: Kernels) -> Callable[[int], bytes]:
    generator = torch.Generator().manual_seed(0)
    weights = torch.randint(-127, 128, (520, 512), dtype=torch.int8, generator=generator)
    packed = kernels.pack(weights, torch.rand(520, generator=generator), None)
    x = torch.randn(9, 512, generator=generator)

    def multiply(num_threads: int) -> bytes:
        torch.set_num_threads(num_threads)
        return kernels.linear(x, packed).numpy().tobytes()

    return multiply


def in_own_thread(work: Callable[[], T]) -> T:
    """What it returns, from a thread that ends with it: such a thread has a new team."""
    results: list[T] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def threads() -> set[str]:
    """Kernel ids, which are not given anew soon."""
    return {task.name for task in TASKS.iterdir()}


def test_calls_of_changing_size_make_no_thread_twice(multiply: Callable[[int], bytes]) -> None:
    sizes = [1, 2, 4, 8] + [random.Random(0).randint(1, 8) for _ in range(300)]

    def new_threads() -> list[set[str]]:
        before = threads()
        seen = []
        for size in sizes:
            multiply(size)
            seen.append(threads() - before)
        return seen

    seen = in_own_thread(new_threads)
    assert [len(found) for found in seen[:4]] == [0, 1, 3, 7], "the team grows"
    assert all(found == seen[3] for found in seen[4:]), "and then stays as it is"


def test_a_team_ends_with_its_thread(multiply: Callable[[int], bytes]) -> None:
    def team() -> set[str]:
        before = threads()
        multiply(5)
        return threads() - before

    left = in_own_thread(team)
    assert len(left) == 4
    deadline = time.monotonic() + 60
    while left & threads() and time.monotonic() < deadline:  # Python's `join` is done a moment before
        time.sleep(0.01)
    assert not left & threads()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(1, 12), min_size=1, max_size=12))
def test_no_order_of_sizes_changes_a_result(sizes: list[int]) -> None:
    kernels = load_kernels()
    assert kernels is not None
    multiply = product(kernels)
    before = torch.get_num_threads()
    alone = multiply(1)
    assert all(multiply(size) == alone for size in sizes)
    torch.set_num_threads(before)


FORKING = """
import os, sys, warnings
from tests.models.native.test_team import product, threads
from crosslate.models.native.kernels import load_kernels

multiply = product(load_kernels())
alone = multiply(4)
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12's, of threads that a child has not
child = os.fork()
if child == 0:
    before = threads()
    same = multiply(3) == alone
    grown = len(threads() - before)
    sys.exit(0 if same and grown >= 2 else 1)  # torch makes some of its own again
_, status = os.waitpid(child, 0)
assert multiply(4) == alone
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_makes_a_team_of_its_own() -> None:
    """In a process of its own; both sides end by `exit`, which disbands their main threads' teams."""
    done = subprocess.run(
        [sys.executable, "-c", FORKING], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
