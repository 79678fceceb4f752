"""Memory that was freed and that the process still has."""

from __future__ import annotations

import ctypes
import sys


def return_freed_memory() -> None:
    """Have the C library give the system what it keeps of freed memory, which it does only if asked.

    An int8 network is made in the midst of the float32 layers that it replaces, piece by piece. Nothing is
    done where the library is not glibc.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
