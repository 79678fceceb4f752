"""Whatever happens to one row of a state, the others keep what they hold."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from crosslate.models.layers.state import DecoderState, LayerState, State, TensorSpec, grown

LANES, HEADS, HEAD_DIM, WIDTH, LAYERS = 3, 2, 4, 5, 2
CPU = torch.device("cpu")
OWN = {
    "keys": TensorSpec(("row", "lane", HEADS, "target", HEAD_DIM), torch.float32),
    "left": TensorSpec(("row", "lane", "target"), torch.int32, stays=True),
    "hidden": TensorSpec(("row", "lane", WIDTH), torch.float32),
    "cell": TensorSpec(("row", "lane", 2 * WIDTH), torch.float64),
    "coverage": TensorSpec(("row", "lane", "source"), torch.float32),
}
SOURCE = {
    "keys": TensorSpec(("row", HEADS, "source", HEAD_DIM), torch.float32),
    "summary": TensorSpec(("row", WIDTH), torch.float32),
}


@pytest.fixture(params=[False, True], ids=["apart", "joint"])
def state(request: pytest.FixtureRequest) -> DecoderState:
    layers = [
        LayerState(State.empty(OWN, LANES, CPU), State.empty(SOURCE, LANES, CPU)) for _ in range(LAYERS)
    ]
    return DecoderState(layers, is_joint=request.param)


def memories(length: int, num_rows: int = 1, *, value: float | None = None) -> list[State]:
    def tensor(name: str) -> Tensor:
        shape = SOURCE[name].shape({"row": num_rows, "source": length})
        return torch.randn(shape) if value is None else torch.full(shape, value)

    return [State(SOURCE, {name: tensor(name) for name in SOURCE}) for _ in range(LAYERS)]


def fill(state: DecoderState, row: int, length: int) -> list[dict[str, Tensor]]:
    """Random content, up to some length, of what a row keeps of its target; and the same, copied."""
    kept: list[dict[str, Tensor]] = []
    for layer in state.layers:
        for name, tensor in layer.own.tensors.items():
            dim = OWN[name].dim("target")
            part = tensor[row] if dim is None else tensor[row].narrow(dim - 1, 0, length)
            part.copy_(torch.randint(-9, 9, part.shape))
        kept.append(row_of(state, len(kept), row))
    return kept


def row_of(state: DecoderState, layer: int, row: int) -> dict[str, Tensor]:
    return {name: tensor[row].clone() for name, tensor in state.layers[layer].own.tensors.items()}


def assert_row(state: DecoderState, row: int, expected: list[dict[str, Tensor]]) -> None:
    for layer, tensors in enumerate(expected):
        found = row_of(state, layer, row)
        assert found.keys() == tensors.keys()
        for name, tensor in tensors.items():
            kept = found[name][tuple(slice(size) for size in tensor.shape)]
            assert torch.equal(kept, tensor), name
            assert found[name].count_nonzero() == tensor.count_nonzero(), "nothing else is there"


@pytest.mark.parametrize("size", [3, 4, 9])
def test_growing_keeps_what_is_there_and_at_least_doubles(size: int) -> None:
    tensor = torch.arange(12.0).view(4, 3)
    new = grown(tensor, {0: size, 1: 2}, fill=-1.0)
    assert torch.equal(new[:4], tensor)
    assert new.shape[0] >= size
    assert new.shape[1] == 3
    assert (new[4:] == -1).all()
    if size <= 4:
        assert new is tensor
    else:
        assert new.shape[0] >= 8


def test_several_axes_grow_at_once() -> None:
    tensor = torch.arange(12.0).view(4, 3)
    new = grown(tensor, {0: 5, 1: 4}, fill=-1.0)
    assert new.shape == (8, 6)
    assert torch.equal(new[:4, :3], tensor)
    assert new.eq(-1).sum() == 8 * 6 - 12


def test_rows_and_lengths_grow_under_what_is_there(state: DecoderState) -> None:
    state.begin(0, memories(3, 2))
    before = [fill(state, row, 20) for row in range(2)]
    moved = state.reserve(9, 70, 90)
    assert moved
    assert not state.reserve(9, 70, 90)
    for row in range(2):
        assert_row(state, row, before[row])
    for layer in state.layers:
        assert layer.own["keys"].shape[0] >= 9
        assert layer.own["keys"].shape[3] >= 70
        assert layer.own["coverage"].shape[2] >= 90
        assert layer.source["keys"].shape[2] >= 90
        assert layer.own["left"].dtype is torch.int32


def test_moving_a_row_leaves_the_others_alone(state: DecoderState) -> None:
    state.begin(0, memories(3, 3))
    rows = [fill(state, row, 5 + row) for row in range(3)]
    sources = state.memories([2, 1], 3, LAYERS)
    state.move_row(2, 0)
    assert_row(state, 0, rows[2])
    assert_row(state, 1, rows[1])
    for found, expected in zip(state.memories([0, 1], 3, LAYERS), sources, strict=True):
        assert all(torch.equal(found[name], expected[name]) for name in SOURCE)


def test_lanes_of_some_rows_change_places(state: DecoderState) -> None:
    state.begin(0, memories(3, 3))
    rows = [fill(state, row, 6) for row in range(3)]
    state.reorder_lanes(torch.tensor([0, 2]), torch.tensor([[2, 2, 0], [1, 0, 1]]), 6)
    for row, parents in ((0, [2, 2, 0]), (2, [1, 0, 1])):
        for tensors in rows[row]:
            tensors |= {name: tensors[name][parents] for name in OWN if name != "left"}
        assert_row(state, row, rows[row])
    assert_row(state, 1, rows[1])


def test_a_row_that_begins_is_empty(state: DecoderState) -> None:
    state.begin(0, memories(3, 2))
    fill(state, 0, 4)
    kept = fill(state, 1, 6)
    state.begin(0, memories(2))
    assert all(not tensor.any() for layer in range(LAYERS) for tensor in row_of(state, layer, 0).values())
    assert_row(state, 1, kept)


def test_sources_that_come_one_after_the_other(state: DecoderState) -> None:
    first, second = memories(7, 2), memories(90)
    state.begin(0, first)
    state.begin(2, second)
    for layer, early, late in zip(state.layers, first, second, strict=True):
        used = layer.source.used(3, 90)
        assert torch.equal(used["keys"][:2, :, :7], early["keys"])
        assert torch.equal(used["keys"][2], late["keys"][0])
        assert torch.equal(used["summary"], torch.cat([early["summary"], late["summary"]]))


def test_a_shorter_source_leaves_nothing_of_the_longer_one_before(state: DecoderState) -> None:
    state.begin(0, memories(20, 2, value=float("nan")))
    for layer in state.layers:
        layer.own["coverage"][:2] = float("nan")
    state.begin(1, memories(4))
    state.move_row(1, 0)
    for layer in state.layers:
        assert all(tensor[:2].isfinite().all() for tensor in layer.source.tensors.values())
        assert layer.own["coverage"][:2].isfinite().all()


def test_what_a_step_must_not_do_twice(state: DecoderState) -> None:
    """All that is not written at the new token's place."""
    places = {tensor.data_ptr() for tensor in state.renewed}
    assert {layer.own[name].data_ptr() in places for layer in state.layers[:1] for name in OWN} == {
        True,
        False,
    }
    assert state.layers[0].own["hidden"].data_ptr() in places
    assert state.layers[0].own["keys"].data_ptr() not in places


def test_tensors_of_one_kind_are_joined_only_where_that_is_asked(state: DecoderState) -> None:
    keys = [layer.own["keys"] for layer in state.layers]
    is_joint = keys[1].data_ptr() - keys[0].data_ptr() == keys[0].nbytes
    assert (len(state.renewed) == 3) == is_joint
    state.reserve(5, 64, 64)
    total = sum(
        tensor.nbytes
        for layer in state.layers
        for part in (layer.own, layer.source)
        for tensor in part.tensors.values()
    )
    assert state.num_bytes == total
