"""How many sequences make a batch that is worth waiting for: measured on the engine that is to run them.

A step costs something once (the weights' way through memory, the calls) and something for each row; a
source is encoded once, whoever runs beside it. Where the first part is small, as for small networks on a CPU,
a wide batch saves little and makes all its members slow: better a few run, and the others wait.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import GenerationParams, GenerationRequest
from crosslate.models.errors import InvalidParamsError, RequestTooLongError

MAX_WASTE = 0.2
"""Of a sequence's own time: a batch is wide enough where a wider one could save no more."""
MAX_STEP_S = 0.02
"""A model whose step takes longer is not measured: it would delay the start, and gains by wide batches."""
MIN_TARGET = 6

_WIDTH = 8
_NUM_STEPS = 8
_NUM_TOKENS = 2 * _NUM_STEPS + _WIDTH
_LEAST_S = 1e-9  # a clock that stands still is not divided by


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCosts:
    """In seconds."""

    source_token_s: float
    """to encode one token of a source"""
    step_s: float
    """of a step, whatever it does, and `row_s` for each of its rows"""
    row_s: float

    @property
    def target_batch(self) -> int:
        """The least width of a batch that wastes no more than `MAX_WASTE`, `MIN_TARGET` or more.

        An output is taken to be as long as its source, so that a token of each goes together.
        """
        own_s = self.source_token_s + self.row_s
        return max(MIN_TARGET, math.ceil(self.step_s / max(MAX_WASTE * own_s, _LEAST_S)))


def measure_costs(engine: Engine, source_ids: list[int]) -> BatchCosts | None:
    """Run copies of a source, in greedy search; the engine has nothing else to do and is unused afterwards.

    The least of several times counts: other work on the machine only adds to them.

    Returns:
        The costs; None where a step takes more than `MAX_STEP_S`, or where so many sequences of so many
        tokens do not run.
    """
    params = GenerationParams(
        num_beams=1, do_sample=False, min_new_tokens=_NUM_TOKENS, max_new_tokens=2 * _NUM_TOKENS
    )
    request_ids = []

    def join() -> float:
        request = GenerationRequest(source_ids=source_ids, params=params)
        request_ids.append(request.request_id)
        engine.add(request)
        return timed_step(engine)

    try:
        join()  # finds its code and weights in memory for the first time
        alone_s = _least_step(engine)
        if alone_s > MAX_STEP_S:
            return None
        joins_s = [join() for _ in range(_WIDTH - 1)]
        wide_s = _least_step(engine)
        if engine.scheduler.num_running != _WIDTH:
            return None
    except (InvalidParamsError, RequestTooLongError):
        return None
    finally:
        for request_id in request_ids:
            engine.abort(request_id)
    row_s = max(0.0, (wide_s - alone_s) / (_WIDTH - 1))
    encoded_s = min(seconds - alone_s - row_s * num for num, seconds in enumerate(joins_s, start=1))
    return BatchCosts(
        source_token_s=max(0.0, encoded_s) / len(source_ids), step_s=max(0.0, alone_s - row_s), row_s=row_s
    )


def _least_step(engine: Engine) -> float:
    return min(timed_step(engine) for _ in range(_NUM_STEPS))


def timed_step(engine: Engine) -> float:
    """How many seconds the engine's next step takes."""
    started_s = engine.clock()
    engine.step()
    return engine.clock() - started_s
