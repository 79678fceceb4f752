"""One CUDA graph for each shape of a decoding step: the whole step is then one launch."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

NUM_WARM_UPS = 2
"""Before it is recorded, a step runs as it is: libraries choose kernels and take their workspaces then."""

logger = logging.getLogger(__name__)


class StepShape(NamedTuple):
    """All that may differ between two steps."""

    num_rows: int
    target_length: int
    source_length: int


class StepRunner(Protocol):
    """How steps of fixed shape are run."""

    def run(self, shape: StepShape, step: Callable[[], None], state: Sequence[Tensor]) -> None:
        """Do `step` once; it reads and writes tensors of fixed places only.

        `state` is what it must not change twice: all else comes out the same when it is done again.
        """
        ...

    def forget(self) -> None:
        """The tensors of the steps so far are at other places now."""
        ...


class Eager:
    """Operation by operation, as on the CPU."""

    def run(self, shape: StepShape, step: Callable[[], None], state: Sequence[Tensor]) -> None:
        step()

    def forget(self) -> None:
        """Nothing is remembered."""


Replay = Callable[[], None]
Capture = Callable[[Callable[[], None], Sequence[Tensor]], Replay]
"""(step, state) -> what does the step from now on; the step has not been done after."""


class Graphs:
    """Captures a step of each shape when it first comes, and replays it from then on."""

    def __init__(self, make_capture: Callable[[], Capture]) -> None:
        """`make_capture` is called anew whenever all graphs have been forgotten."""
        self._make_capture = make_capture
        self._capture = make_capture()
        self._replays: dict[StepShape, Replay] = {}
        self._can_capture = True

    def run(self, shape: StepShape, step: Callable[[], None], state: Sequence[Tensor]) -> None:
        if shape not in self._replays and self._can_capture:
            self._try_capture(shape, step, state)
        self._replays.get(shape, step)()

    def forget(self) -> None:
        if self._replays:
            self._replays.clear()
            self._capture = self._make_capture()

    def _try_capture(self, shape: StepShape, step: Callable[[], None], state: Sequence[Tensor]) -> None:
        try:
            self._replays[shape] = self._capture(step, state)
        except torch.OutOfMemoryError:
            raise  # without a graph the step would not fit either
        except RuntimeError:
            logger.exception(
                "no CUDA graph of %s; from here on steps without one run several times slower", shape
            )
            self._can_capture = False


class CudaCapture:
    """Records a step on a stream of its own; all graphs share one pool of memory, as one runs at a time.

    A pool lives as long as its graphs: torch refuses captures into one that has lost them all.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, step: Callable[[], None], state: Sequence[Tensor]) -> Replay:
        with torch.cuda.device(self._device):
            self._warm_up(step, state)
            graph = torch.cuda.CUDAGraph()
            # "thread_local": other engines' threads may allocate meanwhile
            with torch.cuda.graph(
                graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"
            ):
                step()
        return graph.replay

    def _warm_up(self, step: Callable[[], None], state: Sequence[Tensor]) -> None:
        current = torch.cuda.current_stream()
        saved = [tensor.clone() for tensor in state]
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            for _ in range(NUM_WARM_UPS):
                try:
                    step()
                finally:
                    for tensor, value in zip(state, saved, strict=True):
                        tensor.copy_(value)
        current.wait_stream(self._stream)


def make_step_runner(device: torch.device) -> StepRunner:
    """Graphs on a CUDA device; elsewhere there are none."""
    return Graphs(partial(CudaCapture, device)) if device.type == "cuda" else Eager()
