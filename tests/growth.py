"""Whether work on a text grows in proportion to its length."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

SMALL, LARGE = 2_000, 16_000
"""Characters."""
_SLACK = 4
"""How much more than in proportion is still no square, which would be 8."""
_CHEAP_S = 0.05
"""Work that takes no more of the processor on a large text is taken for linear: a square of it would show."""
_ATTEMPTS = 4


def assert_linear(work: Callable[[str], object], make: Callable[[int], str]) -> None:
    """Compare the processor time for `make(SMALL)` and `make(LARGE)`; one good attempt is enough."""
    ratios = []
    for _ in range(_ATTEMPTS):
        large = _seconds(work, make(LARGE))
        if large < _CHEAP_S:
            return
        small = _seconds(work, make(SMALL))
        ratios.append(large / max(small, 1e-9))
        if ratios[-1] < _SLACK * LARGE / SMALL:
            return
    raise AssertionError(f"work grows faster than the text: times {ratios} for {LARGE / SMALL:g} times")


def _seconds(work: Callable[[str], object], text: str) -> float:
    gc.disable()
    try:
        started = time.thread_time()
        work(text)
        return time.thread_time() - started
    finally:
        gc.enable()
