"""Noticing that a Ray of this machine has lost a process that its replicas do not do without."""

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
        lost: what such a process is called that is gone; None as long as there is none.
        on_end: called once there is one, in the thread.
    """

    def __init__(self, lost: Callable[[], str | None], on_end: Callable[[], object]) -> None:
        self._lost = lost
        self._on_end = on_end
        self._is_over = threading.Event()
        self.ended: str | None = None
        """What was gone during the block."""

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
            if ended := self._lost():
                self.ended = ended
                self._on_end()
                return
