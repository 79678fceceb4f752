"""Arrays that end, or begin, where memory does: whoever touches a byte beside them is stopped there and then.

What allocators give has room behind it, where a kernel that reads a row too many finds something and goes on.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, Literal

import numpy as np

Functions = Any
"""A library's, by their names: `ctypes.CDLL`, or what stands between it and who calls."""
Side = Literal["before", "behind"]
SIDES: tuple[Side, ...] = ("before", "behind")
NO_ACCESS, READ_ONLY = 0, 1
"""PROT_NONE and PROT_READ."""
NO_RESERVE = 0x4000
"""Linux' MAP_NORESERVE."""


class Fence:
    """Makes arrays with a page beside them that nobody may touch, before their first byte or behind the last.

    An array at such a place is as badly aligned as its type allows.
    """

    def __init__(self, side: Side) -> None:
        self._side = side

    def of(self, values: np.ndarray) -> np.ndarray:
        """A copy that can only be read."""
        array, memory = self._placed(values.shape, values.dtype)
        array[...] = values
        _protect(memory, mmap.PAGESIZE, len(memory) - 2 * mmap.PAGESIZE, READ_ONLY)
        return array

    def room(self, *shape: int, dtype: type[np.generic] = np.float32) -> np.ndarray:
        """What is to be written: NaN, or -1, until then."""
        array, _ = self._placed(shape, np.dtype(dtype))
        array.view(np.uint8)[...] = 0xFF
        return array

    def struct(self, fields: ctypes.Structure | ctypes.Array[Any]) -> np.ndarray:
        """The bytes of a C structure, or of several. What it points to has to be held elsewhere."""
        return self.of(np.frombuffer(bytes(fields), np.uint8))

    def _placed(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[np.ndarray, mmap.mmap]:
        size = int(np.prod(shape)) * dtype.itemsize
        pages = -(-size // mmap.PAGESIZE)
        memory = mmap.mmap(-1, (pages + 2) * mmap.PAGESIZE)
        for start in (0, len(memory) - mmap.PAGESIZE):
            _protect(memory, start, mmap.PAGESIZE, NO_ACCESS)
        offset = mmap.PAGESIZE if self._side == "before" else len(memory) - mmap.PAGESIZE - size
        return np.ndarray(shape, dtype, memory, offset), memory


def sparse_zeros(*shape: int, dtype: type[np.generic] = np.float32) -> np.ndarray:
    """Of any size: Linux gives a page when it is touched, and here does not ask whether there are enough."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NO_RESERVE)
    return np.ndarray(shape, dtype, memory)


def call(function: Callable[..., Any], *arguments: object) -> Any:
    """Call C: of arrays it gets the addresses, and they stay where they are until it returns."""
    return function(*(one.ctypes.data if isinstance(one, np.ndarray) else one for one in arguments))


def _protect(memory: mmap.mmap, start: int, size: int, protection: int) -> None:
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory)) + start
    if _mprotect()(address, size, protection):
        raise OSError(ctypes.get_errno(), "mprotect failed")


@cache
def _mprotect() -> Callable[[int, int, int], int]:
    function = ctypes.CDLL(None, use_errno=True).mprotect
    function.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return function


if __name__ == "__main__":  # what a test starts, to see it stopped
    side, act, size, place = sys.argv[1:]
    fence = Fence("before" if side == "before" else "behind")
    given, room = fence.of(np.zeros(int(size), np.uint8)), fence.room(int(size), dtype=np.uint8)
    byte = ctypes.c_uint8.from_address((room if act == "write" else given).ctypes.data + int(place))
    if act != "read":
        byte.value = 1
    print(byte.value)
