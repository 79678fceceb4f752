"""Starting Ray, which may fail for a reason that passes: two at once can be in each other's way."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future

from crosslate.service.errors import ToldError
from crosslate.service.local_ray.ray_folder import latest_logs

_FOR_THE_SERVICE = (signal.SIGTERM, signal.SIGHUP)
"""Those who stop it may send these to all its processes: a supervisor, `timeout`, a terminal that is closed.
Ray would then be gone before what is under way has finished. It blocks SIGINT itself."""
PAUSES_S = (1.0, 4.0)
"""Before the second and the third try, made longer or shorter at random: the other one waits, too."""


class RayStartError(ToldError):
    """Ray did not start; the message says what it said and what to do."""


@contextlib.contextmanager
def ray_started(
    start: Callable[[], object],
    undo: Callable[[], object],
    pause: Callable[[float], object],
    meanwhile: Callable[[], object] = lambda: None,
    *,
    before_end: Callable[[], object] = lambda: None,
    pauses_s: Sequence[float] = PAUSES_S,
) -> Iterator[None]:
    """Start Ray, if need be several times, and keep the thread that did so until the end of the block.

    Ray's processes ask the kernel to end them together with the thread that started them: so the thread must
    outlive them, and what a failed try leaves behind goes with its thread. In the main thread, Ray would also
    take SIGTERM and exit at once, and an interrupt would wait for it. They inherit that the thread blocks
    what only the service is to heed.

    Args:
        start: starts Ray.
        undo: forgets what a failed start has left in this process.
        pause: waits for so many seconds.
        meanwhile: is called, once, while Ray starts.
        before_end: is called, once, at the end or where no try has succeeded: while that thread still lives.
        pauses_s: between the tries, one less than there are tries.

    Raises:
        RayStartError: it failed at every try.
    """
    thread = _start(start, undo, pause, meanwhile, before_end, pauses_s=pauses_s)
    try:
        yield
    finally:
        before_end()
        thread.end()


class _LastingThread:
    """Calls a function, and lives on afterwards until it is told to end."""

    def __init__(self, function: Callable[[], object]) -> None:
        self._function = function
        self._outcome: Future[object] = Future()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ray-start", daemon=True)
        self._thread.start()

    def result(self) -> object:
        """Wait for what the function returns or raises."""
        return self._outcome.result()

    def end(self) -> None:
        """At once, or, where somebody was too impatient to wait, as soon as the function has returned."""
        self._is_over.set()
        if self._outcome.done():
            self._thread.join()

    def _run(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, _FOR_THE_SERVICE)
        try:
            self._outcome.set_result(self._function())
        except BaseException as error:
            self._outcome.set_exception(error)
        self._is_over.wait()


def _start(
    start: Callable[[], object],
    undo: Callable[[], object],
    pause: Callable[[float], object],
    meanwhile: Callable[[], object],
    before_end: Callable[[], object],
    *,
    pauses_s: Sequence[float],
) -> _LastingThread:
    thread = _LastingThread(start)
    try:
        meanwhile()
        for pause_s in (*pauses_s, None):
            try:
                thread.result()
            except ValueError:
                raise  # what it was asked for cannot be: nor could it next time
            except Exception as error:
                thread.end()
                undo()
                if pause_s is None:
                    raise RayStartError(_advice(error, len(pauses_s) + 1)) from error
                pause(pause_s * random.uniform(0.5, 1.5))
                thread = _LastingThread(start)
            else:
                return thread
    except BaseException:
        before_end()
        thread.end()
        raise
    raise AssertionError("the last try returns or raises")


def _advice(error: Exception, tries: int) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return (
        f"Ray did not start, tried {tries} time(s): {lines[0]}\n"
        "Wait until other services on this machine have started, see that memory and disk are free "
        "(`crosslate doctor` checks both), and start it again. What Ray's processes said is in "
        f"{latest_logs(os.environ)}."
    )
