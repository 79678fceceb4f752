"""How much may be asked for within a minute: a sliding window over two counters.

The minute before the present one counts as far as it lies within the last sixty seconds, as if its requests
had come evenly. So nobody has twice his limit around the turn of a minute, and two numbers are all that
replicas need to tell each other of. Libraries for this ask a shared memory (Redis, Memcached) at each request
or count for one process alone.
"""

from __future__ import annotations

WINDOW_S = 60.0
_ROUNDING = 1e-6


def seconds_until_it_fits(cost: int, limit: int, current: int, previous: int, elapsed_s: float) -> float:
    """How long to wait until `cost` more is within the limit; 0.0 if it is now.

    Args:
        cost: no more than `limit`.
        limit: within a minute.
        current: what this minute has had.
        previous: what the one before had.
        elapsed_s: of this minute.
    """
    left = limit - cost - current
    if left - previous * (1 - elapsed_s / WINDOW_S) >= -_ROUNDING:
        return 0.0
    if left >= 0:
        return WINDOW_S * (1 - left / previous) - elapsed_s
    # This minute has had too much already: in the next one it is the one before.
    return WINDOW_S - elapsed_s + WINDOW_S * (1 - (limit - cost) / current)
