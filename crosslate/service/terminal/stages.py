"""What a service that starts is doing, since when, and how far it is."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from crosslate.service.logs.printable import printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from crosslate.service.terminal.serve_log import ServeLog

MODEL_READY = "model_ready"
"""The event that a replica logs for each model that has answered."""


class Stages:
    """Tells on standard error of one stage after the other: a terminal has a line that moves, a log lines.

    A terminal has the first as text, before anything is imported that takes long; a log has it in its own
    form, as soon as the settings say which that is.
    """

    def __init__(self, first: str) -> None:
        self._began = time.monotonic()
        self._stage = first
        self._is_closed = False
        self._lock = threading.Lock()
        self._live: tuple[Progress, TaskID] | None = None
        self._log: ServeLog | None = None
        self._is_told = sys.stderr.isatty()
        if self._is_told:
            print(printable(first), file=sys.stderr, flush=True)

    def tell(self, log: ServeLog) -> None:
        """From now on to this log."""
        self._log = log
        if not self._is_told:
            self._is_told = True
            log.say("starting", printable(self._stage))

    def enter(self, stage: str) -> None:
        """What is being done from now on; the same once more is not said again."""
        with self._lock:
            if self._is_closed or stage == self._stage or self._log is None:
                return
            self._stage = stage
            if self._log.is_json:
                elapsed_s = round(time.monotonic() - self._began, 1)
                self._log.say("starting", printable(stage), elapsed_s=elapsed_s)
            elif sys.stderr.isatty():
                self._show(printable(stage))
            else:
                elapsed_s = time.monotonic() - self._began
                self._log.say("starting", f"{printable(stage)} ({elapsed_s:.1f} s)")

    def close(self) -> None:
        """Nothing more is told, and what moves is gone."""
        with self._lock:
            self._is_closed = True
            if self._live is not None:
                self._live[0].stop()

    def _show(self, stage: str) -> None:
        if self._live is not None:
            progress, task = self._live
            progress.update(task, description=stage)
            return
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn

        progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TextColumn("{task.fields[began]}", style="progress.elapsed", markup=False),
            console=Console(stderr=True),
            refresh_per_second=4,
            transient=True,
        )
        self._live = progress, progress.add_task(stage, total=None, began=_Elapsed(self._began))
        progress.start()


class _Elapsed:
    """Prints as the seconds that have passed."""

    def __init__(self, began: float) -> None:
        self._began = began

    def __format__(self, spec: str) -> str:
        return f"{time.monotonic() - self._began:.0f} s"


class ReplicaLog:
    """Where the log lines of replicas go: standard error, whatever stands for it now, under the stages.

    Args:
        stages: to tell how many models are loaded.
        num_models: in all replicas.
    """

    def __init__(self, stages: Stages, num_models: int) -> None:
        self._stages = stages
        self._num_models = num_models
        self._num_ready = 0

    def write(self, lines: str) -> None:
        """Pass on whole lines, at once."""
        sys.stderr.write(lines)
        sys.stderr.flush()
        num_new = lines.count(MODEL_READY)
        if num_new and self._num_ready < self._num_models:
            self._num_ready = min(self._num_models, self._num_ready + num_new)
            self._stages.enter(loading(self._num_ready, self._num_models))


def loading(num_ready: int, num_models: int) -> str:
    """The stage in which replicas load their models, counted in all replicas together."""
    return f"Loading models: {num_ready} of {num_models}"
