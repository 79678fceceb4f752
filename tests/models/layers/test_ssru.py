from __future__ import annotations

import torch

from crosslate.models.layers.ssru import SSRU
from crosslate.models.layers.state import State
from crosslate.models.layers.step_layout import StepLayout

WIDTH, LANES = 5, 2
CPU = torch.device("cpu")


def layout(num_rows: int) -> StepLayout:
    """The unit reads no more of it than the number of rows."""
    positions = torch.zeros(num_rows, dtype=torch.int64)
    return StepLayout(num_rows, positions, 1, 1, None, None)


def new_state(unit: SSRU, num_rows: int) -> State:
    return unit.new_state(LANES, torch.float32, CPU).sized(num_rows, 0, 0)


def make_unit() -> SSRU:
    unit = SSRU(WIDTH)
    for parameter in unit.parameters():
        parameter.copy_(torch.randn(parameter.shape))
    return unit


def test_the_recurrence_is_the_papers() -> None:
    unit = make_unit()
    assert unit.gates.bias is not None
    x = torch.randn(1, 4, WIDTH)
    w_f, w = unit.gates.weight.chunk(2)
    b_f, b = unit.gates.bias.chunk(2)
    cell, outputs = torch.zeros(WIDTH), []
    for x_t in x[0]:
        f = 1 / (1 + torch.exp(-(w_f @ x_t + b_f)))
        cell = f * cell + (1 - f) * (w @ x_t + b)
        outputs.append(cell.clamp(min=0))
    torch.testing.assert_close(unit(x, torch.empty(0))[0], torch.stack(outputs))


def test_steps_equal_the_whole_at_once() -> None:
    unit = make_unit()
    rows, length = 3, 6
    x = torch.randn(rows * LANES, length, WIDTH)
    state = new_state(unit, rows)
    stepped = [unit.step(x[:, t].view(rows, LANES, WIDTH), state, layout(rows)) for t in range(length)]
    whole = unit(x, torch.empty(0)).view(rows, LANES, length, WIDTH)
    torch.testing.assert_close(torch.stack(stepped, dim=2), whole)


def test_a_row_that_begins_later_begins_at_zero() -> None:
    unit = make_unit()
    x = torch.randn(2, LANES, WIDTH)
    state, fresh = new_state(unit, 2), new_state(unit, 2)
    unit.step(x, state, layout(2))
    state["cells"][1] = 0
    second = unit.step(x, state, layout(2))
    torch.testing.assert_close(second[1], unit.step(x, fresh, layout(2))[1])
