"""When steps are recorded, replayed and recorded anew; and on a CUDA device, that a replay is the step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from crosslate.models.engine.rows.cuda_graphs import Eager, Graphs, Replay, StepShape, make_step_runner
from crosslate.models.engine.rows.host_copies import HostCopies
from tests.models.engine.rows.static_engines import TraceCapture

SMALL, LARGE = StepShape(1, 64, 64), StepShape(2, 64, 64)


class CountingCapture:
    def __init__(self, error: Exception | None = None) -> None:
        self.num_captures = 0
        self.error = error

    def __call__(self, step: Callable[[], None], state: Sequence[Tensor]) -> Replay:
        self.num_captures += 1
        if self.error is not None:
            raise self.error
        return step


def test_each_shape_is_captured_once() -> None:
    capture = CountingCapture()
    graphs = Graphs(lambda: capture)
    done: list[StepShape] = []
    for shape in (SMALL, LARGE, SMALL, LARGE):
        graphs.run(shape, lambda shape=shape: done.append(shape), [])  # type: ignore[misc]
    assert done == [SMALL, LARGE, SMALL, LARGE]
    assert capture.num_captures == 2


def test_what_is_forgotten_is_captured_anew() -> None:
    captures: list[CountingCapture] = []

    def make_capture() -> CountingCapture:
        captures.append(CountingCapture())
        return captures[-1]

    graphs = Graphs(make_capture)
    done: list[str] = []
    graphs.run(SMALL, lambda: done.append("before"), [])
    graphs.forget()
    graphs.forget()
    graphs.run(SMALL, lambda: done.append("after"), [])
    assert done == ["before", "after"]
    assert [capture.num_captures for capture in captures] == [1, 1]


def test_without_graphs_it_is_slower_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    capture = CountingCapture(RuntimeError("operation not permitted when stream is capturing"))
    graphs = Graphs(lambda: capture)
    done: list[int] = []
    with caplog.at_level(logging.ERROR):
        for n in range(3):
            graphs.run(SMALL, lambda n=n: done.append(n), [])  # type: ignore[misc]
    assert done == [0, 1, 2]
    assert capture.num_captures == 1, "it is not tried in every step"
    assert "no CUDA graph" in caplog.text


def test_too_little_memory_is_the_rows_failure() -> None:
    graphs = Graphs(lambda: CountingCapture(torch.OutOfMemoryError("CUDA out of memory")))
    with pytest.raises(torch.OutOfMemoryError):
        graphs.run(SMALL, lambda: None, [])


def test_on_the_cpu_steps_run_as_they_are() -> None:
    done: list[int] = []
    runner = make_step_runner(torch.device("cpu"))
    assert isinstance(runner, Eager)
    runner.run(SMALL, lambda: done.append(1), [])
    runner.forget()
    assert done == [1]


@pytest.mark.parametrize(
    "read",
    [lambda t: t.sum().item(), lambda t: t[t > 1], lambda t: t.nonzero(), lambda t: bool((t > 1).any())],
    ids=["item", "mask", "nonzero", "bool"],
)
def test_the_tests_own_capture_refuses_what_a_graph_cannot_hold(read: Callable[[Tensor], object]) -> None:
    tensor = torch.arange(4.0)
    with pytest.raises((AssertionError, RuntimeError)):
        TraceCapture()(lambda: (read(tensor), None)[1], [])


def test_two_copies_may_be_under_way() -> None:
    tensor = torch.zeros(3)
    copies = HostCopies(tensor)
    first = copies.start()
    tensor.fill_(1)
    second = copies.start()
    tensor.fill_(2)
    assert copies.read(first).tolist() == [0, 0, 0]
    assert copies.read(second).tolist() == [1, 1, 1]
    assert copies.read(copies.start()).tolist() == [2, 2, 2]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_replay_does_the_step_and_capturing_does_not() -> None:
    device = torch.device("cuda")
    counts, result = torch.zeros(4, device=device), torch.zeros(4, device=device)

    def step() -> None:
        counts.add_(1)
        result.copy_(counts * 2)

    graphs = make_step_runner(device)
    with torch.inference_mode():
        for n in range(1, 5):
            graphs.run(SMALL, step, [counts])
            copies = HostCopies(result)
            assert copies.read(copies.start()).tolist() == [2.0 * n] * 4
            if n == 2:
                graphs.forget()
