"""Noticing that a Ray of this machine has lost its raylet, and with it every replica."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

_LOOK_EVERY_S = 1.0


class RayWatch:
    """Looks once a second, in a thread, as long as its block lasts.

    Whoever started a local Ray is told nothing of its end: its processes go, the port closes, and the command
    would live on for ever. Its supervisor starts again what ends.

    Args:
        has_ended: whether the raylet is gone.
        on_end: called once it is, in the thread.
    """

    def __init__(self, has_ended: Callable[[], bool], on_end: Callable[[], object]) -> None:
        self._has_ended = has_ended
        self._on_end = on_end
        self._is_over = threading.Event()
        self.has_seen_end = False
        """Whether it was gone during the block."""

    @contextlib.contextmanager
    def looking(self) -> Iterator[None]:
        """Look from now on to the end of the block."""
        thread = threading.Thread(target=self._look, name="ray-watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(_LOOK_EVERY_S):
            if self._has_ended():
                self.has_seen_end = True
                self._on_end()
                return
