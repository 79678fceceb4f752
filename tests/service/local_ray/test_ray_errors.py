"""What is passed on of what Ray says of processes that have ended."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # importing Ray warns
    worker: Any = importlib.import_module("ray._private.worker")

from crosslate.service.local_ray.ray_errors import ray_errors

DIED = (
    "A worker died or was killed while executing a task by an unexpected system error. To troubleshoot the "
    "problem, check the logs for the dead worker. Lease ID: 05 Worker ID: 6b Node ID: 93 Worker IP address: "
    "127.0.0.1 Worker port: 42351 Worker PID: 13376 Worker exit type: SYSTEM_ERROR"
)


def printed(*lines: str) -> None:
    """As `listen_error_messages` does."""
    worker.print_to_stdstream({"lines": lines, "pid": "raylet", "is_err": False}, ignore_prefix=False)


def test_a_process_that_has_ended_is_told_in_one_plain_line(capfd: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []
    before = worker.print_to_stdstream
    with ray_errors(said.append):
        printed(DIED)
        printed("Task failed. There are infinite retries remaining, so the task will be retried. Error: ...")
        printed("Out of\n  memory " + "x" * 1000)
    assert worker.print_to_stdstream is before
    died, other = said
    assert "(process id 13376)" in died
    assert "Worker" not in died
    assert other.startswith("Ray says: Out of memory xxx")
    assert len(other) < 400
    assert capfd.readouterr() == ("", "")


def test_processes_that_the_service_ends_itself_are_not_told_of() -> None:
    said: list[str] = []
    with ray_errors(said.append) as errors:
        errors.stop()
        printed(DIED)
    assert said == []


def test_ray_still_has_what_is_replaced() -> None:
    """Its listener calls this by its name in that module."""
    assert "print_to_stdstream" in worker.listen_error_messages.__code__.co_names
