"""What a decoding step takes, by the clock."""

from __future__ import annotations

import dataclasses
import itertools
import statistics
import time
from collections.abc import Callable, Iterator

from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import GenerationRequest

TIMED = (8, 56)
"""From and up to which of an output's steps are timed; all in the shortest bucket of lengths."""


def median_step_s(
    engine: Engine,
    request: GenerationRequest,
    num_rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Seconds of a step of this request alone, in the median of all steps of several outputs.

    The difference of two whole outputs' times would be no better than the worst of their steps: where other
    work has the machine for a moment, it may come out negative. A step waits for its predecessor's token, so
    that on a GPU its time is what the device takes.

    Args:
        engine: has nothing else to do.
        request: as many tokens are forced as are timed.
        num_rounds: outputs that count; one before them warms up.
        clock: in seconds.
    """
    first, last = TIMED
    params = dataclasses.replace(request.params, max_new_tokens=last, min_new_tokens=last)
    rounds = []
    for _ in range(num_rounds + 1):
        engine.add(GenerationRequest(source_ids=request.source_ids, params=params))
        rounds.append(list(_step_times(engine, clock))[first:])
    return statistics.median(itertools.chain.from_iterable(rounds[1:]))


def _step_times(engine: Engine, clock: Callable[[], float]) -> Iterator[float]:
    """Of each step until there is nothing more to do."""
    while engine.has_work:
        started = clock()
        engine.step()
        yield clock() - started
