"""Starting Ray, which may fail for a reason that passes: two at once can be in each other's way."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from crosslate.service.errors import ToldError

PAUSES_S = (1.0, 4.0)
"""Before the second and the third try, made longer or shorter at random: the other one waits, too."""


class RayStartError(ToldError):
    """Ray did not start; the message says what it said and what to do."""


@contextlib.contextmanager
def ray_started(
    start: Callable[[], object],
    undo: Callable[[], object],
    pause: Callable[[float], bool],
    *,
    pauses_s: Sequence[float] = PAUSES_S,
) -> Iterator[bool]:
    """Start Ray, if need be several times, and keep the thread that did so until the end of the block.

    Ray's processes ask the kernel to end them together with the thread that started them: so the thread must
    outlive them, and what a failed try leaves behind goes with its thread. In the main thread, Ray would also
    take SIGTERM and exit at once.

    Args:
        start: starts Ray.
        undo: forgets what a failed start has left in this process.
        pause: waits for so many seconds; True: there shall be no further try.
        pauses_s: between the tries, one less than there are tries.

    Yields:
        Whether Ray has started; False only where `pause` ended the tries.

    Raises:
        RayStartError: it failed at every try.
    """
    with contextlib.ExitStack() as threads:
        yield _start(start, undo, pause, pauses_s, threads)


def _start(
    start: Callable[[], object],
    undo: Callable[[], object],
    pause: Callable[[float], bool],
    pauses_s: Sequence[float],
    threads: contextlib.ExitStack,
) -> bool:
    for pause_s in (*pauses_s, None):
        thread = threads.enter_context(ThreadPoolExecutor(1))
        try:
            thread.submit(start).result()
        except ValueError:
            raise  # what it was asked for cannot be: nor could it next time
        except Exception as error:
            threads.close()
            undo()
            if pause_s is None:
                raise RayStartError(_advice(error, len(pauses_s) + 1)) from error
            if pause(pause_s * random.uniform(0.5, 1.5)):
                return False
        else:
            return True
    raise AssertionError("the last try returns or raises")


def _advice(error: Exception, tries: int) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return (
        f"Ray did not start, tried {tries} time(s): {lines[0]}\n"
        "Wait until other services on this machine have started, see that memory and disk are free "
        "(`crosslate doctor` checks both), and start it again. What Ray's processes said is in "
        "/tmp/ray/session_latest/logs."
    )
