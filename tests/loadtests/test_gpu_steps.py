"""The time of a step, whatever else the machine does meanwhile."""

from __future__ import annotations

from typing import cast

from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import GenerationParams, GenerationRequest
from loadtests.gpu_steps import TIMED, median_step_s

STEP_S = 0.002


class BusyMachine:
    """An engine and its clock. Of its steps every fifth is held up, the first of each output most."""

    def __init__(self) -> None:
        self.now = 0.0
        self.num_left = self.num_steps = 0

    @property
    def has_work(self) -> bool:
        return self.num_left > 0

    def add(self, request: GenerationRequest) -> None:
        self.num_left = request.params.max_new_tokens or 0
        self.now += 1000.0

    def step(self) -> None:
        self.now += 50.0 if self.num_left == TIMED[1] else 7.0 if self.num_steps % 5 == 0 else STEP_S
        self.num_left -= 1
        self.num_steps += 1


def test_other_work_on_the_machine_is_no_part_of_it() -> None:
    machine = BusyMachine()
    request = GenerationRequest(source_ids=[1, 2], params=GenerationParams())
    step_s = median_step_s(cast("Engine", machine), request, 3, lambda: machine.now)
    assert abs(step_s - STEP_S) < 1e-6
    assert machine.num_steps == 4 * TIMED[1]
