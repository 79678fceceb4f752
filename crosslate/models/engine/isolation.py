"""What one request makes the model fail on is not another's failure."""

from __future__ import annotations

import logging
from collections.abc import Callable

from crosslate.models.engine.request import FinishReason
from crosslate.models.engine.sequence import Sequence

logger = logging.getLogger(__name__)


def isolate(doing: str, sequences: list[Sequence], work: Callable[[list[Sequence]], None]) -> None:
    """Do `work` for all at once or, if that fails, one by one: only the culprits end in an error."""
    if not sequences:
        return
    try:
        work(sequences)
    except Exception as error:
        if len(sequences) == 1:
            fail(sequences, doing, error)
            return
        for sequence in sequences:
            isolate(doing, [sequence], work)


def fail(sequences: list[Sequence], doing: str, error: Exception) -> None:
    """End them in an error, which the log tells in full."""
    for sequence in sequences:
        logger.error("%s failed for request %d", doing, sequence.request_id, exc_info=error)
        sequence.fail(FinishReason.ERROR, f"the model failed while {doing} ({type(error).__name__})")
