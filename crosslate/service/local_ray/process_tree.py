"""Ending at once every process that a local Ray has started, also those that are nobody's children."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import psutil

_WITHIN_S = 2.0
_PAUSE_S = 0.02


def end_descendants(mark: str) -> None:
    """Kill the children of this process, theirs, and whatever of this user has `mark` in its environment.

    HAProxy and its guard are nobody's children once a process between has ended; the mark, a variable's value
    that only this service has set, finds them. New ones may appear meanwhile: it looks until there are none.
    """
    deadline = time.monotonic() + _WITHIN_S
    while alive := [process for process in _descendants(mark) if _is_alive(process)]:
        for process in alive:
            _kill(process)
        if time.monotonic() > deadline:
            return
        psutil.wait_procs(alive, timeout=_PAUSE_S)


def _descendants(mark: str) -> Iterator[psutil.Process]:
    own = os.getpid()
    seen = set()
    for process in psutil.Process(own).children(recursive=True):
        seen.add(process.pid)
        yield process
    for process in psutil.process_iter():
        if process.pid != own and process.pid not in seen and _has_mark(process, mark):
            yield process


def _has_mark(process: psutil.Process, mark: str) -> bool:
    try:
        return mark in process.environ().values()
    except (psutil.Error, OSError):
        return False  # another user's, or gone


def _is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.Error:
        return  # gone, or not ours to end
