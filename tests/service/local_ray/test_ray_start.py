from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable

import pytest

from crosslate.service.local_ray.ray_start import RayStartError, ray_started

TIMED_OUT = "The current node timed out during startup. This could happen because …\nmore"


class FakeRay:
    """Fails so many times; knows the threads that it was started in."""

    def __init__(self, failures: int, error: Exception | None = None) -> None:
        self.failures = failures
        self.error = error or Exception(TIMED_OUT)
        self.threads: list[threading.Thread] = []
        self.alive_at_start: list[int] = []
        self.num_undone = 0

    def start(self) -> None:
        self.alive_at_start.append(sum(thread.is_alive() for thread in self.threads))
        self.threads.append(threading.current_thread())
        if len(self.threads) <= self.failures:
            raise self.error

    def undo(self) -> None:
        self.num_undone += 1


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def pause(pauses: list[float]) -> Callable[[float], None]:
    return pauses.append


@pytest.mark.parametrize("failures", [0, 1, 2])
def test_it_is_tried_again(failures: int, pause: Callable[[float], None], pauses: list[float]) -> None:
    ray = FakeRay(failures)
    with ray_started(ray.start, ray.undo, pause):
        assert ray.threads[-1].is_alive(), "Ray's processes end with the thread that started them"
        assert threading.current_thread() not in ray.threads
    assert not ray.threads[-1].is_alive()
    assert ray.alive_at_start == [0] * (failures + 1), "what a failed try leaves goes with its thread"
    assert ray.num_undone == failures
    assert len(pauses) == failures
    assert pauses == sorted(pauses)
    assert all(0 < seconds < 10 for seconds in pauses)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_what_it_starts_is_left_to_the_service_to_end(
    number: signal.Signals, pause: Callable[[float], None]
) -> None:
    """A supervisor, or a terminal that is closed, sends its signal to all processes of a group."""
    started: list[subprocess.Popen[bytes]] = []
    with ray_started(lambda: started.append(subprocess.Popen(["sleep", "60"])), lambda: None, pause):
        (process,) = started
        process.send_signal(number)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)
        process.kill()
        process.wait()


def test_two_that_failed_together_do_not_try_again_together(
    pause: Callable[[float], None], pauses: list[float]
) -> None:
    for _ in range(5):
        with ray_started(FakeRay(1).start, lambda: None, pause):
            pass
    assert len(set(pauses)) == 5


def test_in_the_end_it_says_what_to_do(pause: Callable[[float], None]) -> None:
    ray = FakeRay(3)
    with (
        pytest.raises(RayStartError, match=r"tried 3 time.*timed out during startup[\s\S]*doctor"),
        ray_started(ray.start, ray.undo, pause),
    ):
        pass
    assert ray.num_undone == 3
    assert not any(thread.is_alive() for thread in ray.threads)


def test_what_can_never_be_is_not_tried_again(pause: Callable[[float], None], pauses: list[float]) -> None:
    ray = FakeRay(1, ValueError("num_cpus is negative"))
    with pytest.raises(ValueError, match="negative"), ray_started(ray.start, ray.undo, pause):
        pass
    assert pauses == []


def test_a_signal_ends_the_tries() -> None:
    ray = FakeRay(1)

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), ray_started(ray.start, ray.undo, interrupted):
        pass
    assert len(ray.threads) == 1


def test_an_interrupt_does_not_wait_for_ray(pause: Callable[[float], None]) -> None:
    """That may take a minute; the thread has nothing to wait for once Ray's processes have been ended."""
    may_go_on = threading.Event()

    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), ray_started(may_go_on.wait, interrupted, pause, interrupted):
        pass
    (thread,) = (thread for thread in threading.enumerate() if thread.name == "ray-start")
    assert thread.daemon, "nor does the process"
    may_go_on.set()
    thread.join(120)
    assert not thread.is_alive()


def test_processes_are_ended_once_while_their_thread_lives(pause: Callable[[float], None]) -> None:
    ray = FakeRay(0)
    alive: list[bool] = []

    def before_end() -> None:
        alive.append(ray.threads[-1].is_alive())

    with (
        pytest.raises(KeyboardInterrupt),
        ray_started(ray.start, ray.undo, pause, before_end=before_end),
    ):
        raise KeyboardInterrupt
    assert alive == [True]


def test_processes_of_tries_that_failed_are_ended_once(pause: Callable[[float], None]) -> None:
    ray = FakeRay(3)
    ended: list[int] = []
    with (
        pytest.raises(RayStartError),
        ray_started(ray.start, ray.undo, pause, before_end=lambda: ended.append(ray.num_undone)),
    ):
        pass
    assert ended == [3]
