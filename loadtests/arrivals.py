"""When requests arrive in an open loop: whatever the server does, as users do."""

from __future__ import annotations

import random
from collections.abc import Iterator


def poisson_schedule(rate: float, *, max_count: int, max_s: float, seed: int) -> Iterator[float]:
    """Seconds from the start at which requests arrive, `rate` a second on average, each independent."""
    generator = random.Random(seed)
    at_s = 0.0
    for _ in range(max_count):
        at_s += generator.expovariate(rate)
        if at_s > max_s:
            return
        yield at_s
