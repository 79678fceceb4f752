"""The signals that a serving process heeds."""

from __future__ import annotations

import signal
import threading
from typing import Any, Self


class Signals:
    """SIGINT or SIGTERM, the first of which ends the service, and SIGHUP, which asks for other settings.

    A second SIGINT interrupts the draining.
    """

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._any = threading.Event()
        self._previous: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        self._previous = {number: signal.getsignal(number) for number in numbers}
        self.listen()
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def listen(self) -> None:
        """Take the signals, whoever has them."""
        for number in self._previous:
            signal.signal(number, self._on_signal)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether the service is to end."""
        return self._stop.wait(timeout_s)

    def wait_for_reload(self) -> bool:
        """Waits for any signal; True for SIGHUP, False where the service is to end."""
        self._any.wait()
        self._any.clear()
        return not self._stop.is_set()

    def _on_signal(self, number: int, frame: object) -> None:
        if number != signal.SIGHUP:
            self._stop.set()
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self._any.set()
