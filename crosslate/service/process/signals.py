"""The signals that a serving process heeds."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, Self

from crosslate.service.process.lost_interrupts import LostInterrupts, interrupt_main

END = (signal.SIGINT, signal.SIGTERM)
_AGAIN_S = 0.05
_SAME_S = 1.0
"""Two SIGTERM within it are one: of who ends a group of processes, one of which passes its own on."""
_STDERR = 2


class ToldExit(SystemExit):
    """The end of a command that has told of its end itself."""


class Signals:
    """SIGINT and SIGTERM, which end the service, and SIGHUP, which asks for other settings.

    SIGHUP is an end, too, where it says that the terminal is gone at which the service was started.

    While the service starts, and while it drains, an end is a `KeyboardInterrupt` in the main thread, where
    that is: in the middle of an import, or waiting for Ray. Only one: the next would interrupt what puts
    things away after the first. While the service serves (`noted`), an end is waited for.

    A handler may run in the middle of what waits for it, in the same thread. So it tells by queues whose
    `put` may do so; an event's `set` would wait for the lock that the thread under it holds, for ever.
    """

    def __init__(self) -> None:
        self._is_ending = False
        self._ends: SimpleQueue[int] = SimpleQueue()
        self._all: SimpleQueue[int] = SimpleQueue()
        self._is_noted = False
        self._has_interrupted = False
        self._terminated_at = -math.inf
        self._terminal = _STDERR if os.isatty(_STDERR) else None
        self._previous: dict[signal.Signals, Any] = {}
        self._lost = LostInterrupts(
            self._interrupt_again, is_over=lambda: self._is_noted or not self._has_interrupted
        )

    def __enter__(self) -> Self:
        numbers = (*END, signal.SIGHUP)
        self._previous = {number: signal.getsignal(number) for number in numbers}
        self._lost.__enter__()
        self.listen()
        # Whoever asked for other settings while the command began is heard now.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._lost.__exit__(*exception)

    def listen(self) -> None:
        """Take the signals, whoever has them."""
        for number in self._previous:
            signal.signal(number, self._on_signal)

    @contextlib.contextmanager
    def noted(self) -> Iterator[None]:
        """Inside the block an end interrupts nothing, nor does it afterwards what comes then."""
        before, self._is_noted = self._is_noted, True
        try:
            yield
        finally:
            self._is_noted = before

    def heed_again(self) -> None:
        """After an end that has interrupted what it should not have: the next one interrupts, too."""
        self._has_interrupted = False

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether the service is to end."""
        if not self._is_ending:
            with contextlib.suppress(Empty):
                self._ends.get(timeout=timeout_s)
        return self._is_ending

    def wait_for_work(self, work: Callable[[], object]) -> bool:
        """Whether some work has ended before the service is to; else it goes on in a thread, for nobody.

        Raises:
            Exception: what the work raises.
        """
        outcome: Future[object] = Future()

        def do() -> None:
            try:
                outcome.set_result(work())
            except Exception as error:
                outcome.set_exception(error)

        threading.Thread(target=do, name="work", daemon=True).start()
        while not outcome.done():
            if self.wait(_AGAIN_S):
                return False
        outcome.result()
        return True

    def wait_for_reload(self) -> bool:
        """Waits for any signal; True for SIGHUP, False where the service is to end."""
        self._all.get()
        with contextlib.suppress(Empty):  # one answer to all that have come
            while True:
                self._all.get_nowait()
        return not self._is_ending

    def end(self) -> None:
        """As a signal would, from another thread, where it is noted: the service is to end."""
        self._is_ending = True
        self._all.put(signal.SIGTERM)
        self._ends.put(signal.SIGTERM)

    def _interrupt_again(self) -> None:
        self._has_interrupted = False
        interrupt_main()

    def _on_signal(self, number: int, frame: object) -> None:
        is_end = number != signal.SIGHUP or self._has_lost_terminal()
        self._is_ending |= is_end  # before the queues wake those who ask for it
        self._all.put(number)
        if not is_end:
            return
        self._ends.put(number)
        is_same = number == signal.SIGTERM and time.monotonic() < self._terminated_at + _SAME_S
        if number == signal.SIGTERM and not is_same:
            self._terminated_at = time.monotonic()
        if not (self._is_noted or self._has_interrupted or is_same):
            self._has_interrupted = True
            self._lost.raised()
            raise KeyboardInterrupt

    def _has_lost_terminal(self) -> bool:
        """If so, what is still said to it is said to nobody, and no error."""
        if self._terminal is None or os.isatty(self._terminal):
            return False
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._terminal)
        os.close(nowhere)
        return True
