"""Whether processes still run."""

from __future__ import annotations

import contextlib

import psutil


def is_running(pid: int) -> bool:
    """Not even as a zombie, which only waits for somebody to take note of its end."""
    with contextlib.suppress(psutil.NoSuchProcess):  # it may go between two looks
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    return False
