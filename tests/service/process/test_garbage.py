from __future__ import annotations

import ctypes
import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from crosslate.service.process.garbage import collect_seldom, spare_what_is_loaded


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


class Node:
    def __init__(self) -> None:
        self.other = self


def test_collections_look_at_nothing_that_was_loaded_before() -> None:
    loaded = [Node() for _ in range(100)]
    spare_what_is_loaded()
    tracked = {id(one) for one in gc.get_objects()}
    assert not any(id(one) in tracked for one in loaded)


def test_what_comes_later_is_still_collected() -> None:
    spare_what_is_loaded()
    gone = weakref.ref(Node())
    assert gone() is not None
    gc.collect()
    assert gone() is None


def test_what_was_garbage_already_goes_first() -> None:
    gone = weakref.ref(Node())
    spare_what_is_loaded()
    assert gone() is None


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="asks glibc")
def test_what_loading_took_for_a_moment_goes_back() -> None:
    """Small pieces with some that stay between them: the C library keeps the holes otherwise."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    pieces = [libc.malloc(16_000) for _ in range(6_000)]
    for piece in pieces:
        ctypes.memset(piece, 1, 16_000)
    before = _own_bytes()
    for piece in pieces[::2] + pieces[1:-1:2]:
        libc.free(ctypes.c_void_p(piece))
    spare_what_is_loaded()
    assert _own_bytes() < before - 80_000_000


def _own_bytes() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon"))


def test_what_is_loaded_meanwhile_starts_few_collections() -> None:
    def num_so_far() -> int:
        return sum(int(generation["collections"]) for generation in gc.get_stats())

    def num_collections() -> int:
        before = num_so_far()
        kept = [Node() for _ in range(8_000)]
        return num_so_far() - before if kept else 0

    usual = num_collections()
    collect_seldom()
    assert num_collections() <= 1 < usual
