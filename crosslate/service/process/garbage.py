"""Python's memory in a process that loads libraries and models, and then keeps them."""

from __future__ import annotations

import gc

from crosslate.models.freed_memory import return_freed_memory

_MOST_YOUNG = 10_000
"""Objects that are new and still there, beyond which a collection begins; Python's 700 are there at any time
where a few dozen requests are under way."""


def collect_seldom() -> None:
    """Begin collections later than Python does: before much is imported, nearly all of which stays.

    They were a tenth of the processor time of a replica's start.
    """
    gc.set_threshold(_MOST_YOUNG)


def spare_what_is_loaded() -> None:
    """Let collections look only at what comes from now on: models, libraries and settings stay anyway.

    These are some 350,000 objects. Looking through them takes a fifth of a second, in which no thread runs,
    and came once in a thousand requests. With the collections of young objects it was a fifth of the time
    that texts take outside the engine.

    What loading took for a moment goes back to the system: where imports had to be compiled, 200 MB.
    """
    gc.collect()
    return_freed_memory()
    gc.freeze()
    collect_seldom()
