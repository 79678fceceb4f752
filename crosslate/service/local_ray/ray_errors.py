"""What Ray says of processes that have ended, in the service's own words and log."""

from __future__ import annotations

import contextlib
import importlib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_ENDED = re.compile(r"A worker died or was killed\b.*?\bWorker PID: (\d+)", re.DOTALL)
_IS_TRIED_AGAIN = "There are infinite retries remaining"
"""Of calls that wait for a controller which is being started again: each of them says so."""
_LONGEST = 300


class RayErrors:
    """Passes on what Ray has to say, until the service ends all processes itself.

    Args:
        say: told in one line.
    """

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say
        self._is_over = False

    def stop(self) -> None:
        """Pass on nothing more."""
        self._is_over = True

    def tell(self, data: Mapping[str, Any], ignore_prefix: bool = False) -> None:
        """In the place of Ray's own printing, which has colours and goes to standard output."""
        for message in data["lines"]:
            if not (self._is_over or _IS_TRIED_AGAIN in message):
                self._say(_in_short(message))


@contextlib.contextmanager
def ray_errors(say: Callable[[str], object]) -> Iterator[RayErrors]:
    """Inside the block, which Ray is started in, it prints nothing itself."""
    worker: Any = importlib.import_module("ray._private.worker")
    before, errors = worker.print_to_stdstream, RayErrors(say)
    worker.print_to_stdstream = errors.tell
    try:
        yield errors
    finally:
        errors.stop()
        worker.print_to_stdstream = before


def _in_short(message: str) -> str:
    if found := _ENDED.search(message):
        return (
            f"A process of the service has ended unexpectedly (process id {found[1]}), and another one takes "
            "its place. If nobody has ended it, see the kernel's log: memory may be short."
        )
    first = " ".join(message.split())
    return f"Ray says: {first if len(first) <= _LONGEST else first[:_LONGEST] + ' …'}"
