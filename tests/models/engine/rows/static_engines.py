"""A static batch on the CPU, and a capture that is as strict as a CUDA graph's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils._python_dispatch import TorchDispatchMode

from crosslate.models.engine.engine import Engine
from crosslate.models.engine.rows.cuda_graphs import Graphs, Replay, StepRunner
from crosslate.models.engine.rows.runner import ModelRunner
from crosslate.models.engine.rows.static_batch import StaticBatch
from crosslate.models.engine.scheduler import SchedulerConfig
from crosslate.models.engine.search.make_chooser import make_chooser
from crosslate.models.loading import LoadedModel

aten = torch.ops.aten
READS_VALUES = {aten._local_scalar_dense, aten.nonzero, aten.masked_select, aten.equal, aten._unique2}
INDEXES = {aten.index, aten.index_put, aten.index_put_}


class NoValuesRead(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Refuses what would make the host wait for the device, or a shape depend on what is computed."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        packet = func.overloadpacket
        if packet in READS_VALUES or func is aten.repeat_interleave.Tensor:
            raise AssertionError(f"{func} reads values on the host")
        if packet in INDEXES and any(i is not None and i.dtype is torch.bool for i in args[1]):
            raise AssertionError(f"{func} with a mask has a shape that depends on values")
        return func(*args, **(kwargs or {}))


class TraceCapture:
    """Records a step's operations, with every number that the host put in, to do just those again.

    As with a CUDA graph, what the step reads must lie where it lay, and nothing may depend on values: a
    value that the host reads is an error here too.
    """

    def __init__(self) -> None:
        self.num_captures = 0

    def __call__(self, step: Callable[[], None], state: Sequence[Tensor]) -> Replay:
        saved = [tensor.clone() for tensor in state]
        with NoValuesRead():  # type: ignore[no-untyped-call]
            step()
        _restore(state, saved)
        recorded = make_fx(step)()
        _restore(state, saved)
        self.num_captures += 1
        return recorded


def _restore(state: Sequence[Tensor], saved: Sequence[Tensor]) -> None:
    for tensor, value in zip(state, saved, strict=True):
        tensor.copy_(value)


def static_batch(engine: Engine) -> StaticBatch:
    batch = engine._runner._static
    assert batch is not None
    return batch


def static_engine(
    loaded: LoadedModel,
    *,
    max_slots: int = 16,
    dtype: torch.dtype = torch.float32,
    step_runner: StepRunner | None = None,
) -> Engine:
    runner = ModelRunner(loaded.model, dtype=dtype, max_rows=max_slots, is_static=True)
    if step_runner is not None:
        assert runner._static is not None
        runner._static.step_runner = step_runner
    config = SchedulerConfig(max_slots=max_slots, max_waiting=1000)
    return Engine(runner, config, loaded.default_params, make_chooser)


def traced_engine(loaded: LoadedModel, *, max_slots: int = 16) -> tuple[Engine, TraceCapture]:
    """In double precision, in which no compiled kernel goes behind the recorder's back."""
    capture = TraceCapture()
    loaded.model.double()
    return static_engine(
        loaded, max_slots=max_slots, dtype=torch.float64, step_runner=Graphs(lambda: capture)
    ), capture
