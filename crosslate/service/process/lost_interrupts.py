"""Ctrl-C that gets lost: a `KeyboardInterrupt` that is raised, and ends nothing.

Libraries in C drop one that comes while they import another: PyTorch goes on without NumPy, and NumPy is half
there. Python itself drops one in the callback of a weak reference, or in a finalizer. So whoever raises one
looks afterwards whether the main thread is on its way out.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import TYPE_CHECKING, NoReturn, Self

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

INTERRUPTED = 130
"""The exit status of what SIGINT has ended, as shells count it."""
_LOOK_EVERY_S = 0.05
_LOST_LOOKS = 20
"""So often in a row nobody minds it: it is lost. A busy machine is given that time."""
_MOST_TIMES = 3
_STDERR = 2
_SHOW_CURSOR = b"\x1b[?25h"


def interrupt_main() -> None:
    """Send SIGINT to the main thread, which ends its waiting, too."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


class LostInterrupts:
    """Inside the block, an interrupt of the main thread that `raised` told of comes again when it is lost.

    Args:
        again: called in a thread, each second that nobody has minded it.
        is_over: whether it has done what it is to do, although nothing is on its way out.
    """

    def __init__(
        self, again: Callable[[], object] = interrupt_main, is_over: Callable[[], bool] = lambda: False
    ) -> None:
        self._again, self._is_over = again, is_over
        self._has_ended = threading.Event()
        self._is_dropped = False
        # A handler's `put` may come in the middle of anything of its thread; starting a thread there may not.
        self._raised: SimpleQueue[None] = SimpleQueue()
        self._undo = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._undo.enter_context(_dropped_told_to(self._drop))
        threading.Thread(target=self._watch, name="lost-interrupts", daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._has_ended.set()
        self._raised.put(None)
        self._undo.close()

    def raised(self) -> None:
        """To be called by a handler that is about to raise a `KeyboardInterrupt` in the main thread."""
        self._raised.put(None)

    def _drop(self) -> None:
        self._is_dropped = True

    def _watch(self) -> None:
        while not self._has_ended.is_set():
            self._raised.get()
            self._look()

    def _look(self) -> None:
        num_unheeded = 0
        while not (self._has_ended.wait(_LOOK_EVERY_S) or self._is_over()):
            num_unheeded = 0 if _is_heeded() else num_unheeded + 1
            if self._is_dropped or num_unheeded == _LOST_LOOKS:
                self._is_dropped, num_unheeded = False, 0
                self._again()


@contextlib.contextmanager
def ending_interrupts() -> Iterator[None]:
    """Inside the block SIGINT is a `KeyboardInterrupt`, and where that gets lost again and again the end."""
    times = 0

    def again() -> None:
        nonlocal times
        times += 1
        if times > _MOST_TIMES:
            stop_at_once()
        interrupt_main()

    with LostInterrupts(again) as lost:

        def interrupt(number: int, frame: object) -> NoReturn:
            lost.raised()
            raise KeyboardInterrupt

        before = signal.signal(signal.SIGINT, interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


def stop_at_once() -> NoReturn:
    """End the process, which has nothing to put away, or cannot."""
    cursor = _SHOW_CURSOR if os.isatty(_STDERR) else b""
    os.write(_STDERR, cursor + b"\ncrosslate: stopped\n")
    os._exit(INTERRUPTED)


def _is_heeded() -> bool:
    """Whether the main thread is in the middle of what an interrupt began, such as putting things away."""
    handled: object = sys._current_exceptions().get(threading.main_thread().ident or 0)
    error = handled[1] if isinstance(handled, tuple) else handled  # a tuple up to Python 3.11
    seen: set[int] = set()
    while isinstance(error, BaseException) and id(error) not in seen:
        if isinstance(error, KeyboardInterrupt):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False


@contextlib.contextmanager
def _dropped_told_to(tell: Callable[[], object]) -> Iterator[None]:
    """Of those that Python drops it tells by a hook, which would print a traceback."""
    before = sys.unraisablehook

    def hook(unraisable: UnraisableHookArgs) -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            tell()
        else:
            before(unraisable)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before
