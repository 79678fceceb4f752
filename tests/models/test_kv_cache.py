"""Whatever happens to one row of a cache, the others keep what they hold."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from models.kv_cache import CrossKVCache, RecurrentState, SelfKVCache, StepLayout, grown

LANES, HEADS, HEAD_DIM, WIDTH = 3, 2, 4, 5
CPU = torch.device("cpu")


def layout(positions: list[int]) -> StepLayout:
    return StepLayout(len(positions), torch.tensor(positions), max(positions) + 1, 1, None, None)


def filled_self_cache(lengths: list[int]) -> tuple[SelfKVCache, list[Tensor]]:
    """A cache whose rows hold that many tokens, written one step at a time; and the keys of each row."""
    cache = SelfKVCache(LANES, HEADS, HEAD_DIM, torch.float32, CPU)
    rows = [torch.randn(LANES, HEADS, length, HEAD_DIM) for length in lengths]
    for step in range(max(lengths)):
        # rows that are shorter write their last token again and again
        positions = [min(step, length - 1) for length in lengths]
        cache.reserve(len(lengths), step + 1)
        k = torch.stack([row[:, :, position] for row, position in zip(rows, positions, strict=True)])
        cache.append(k, -k, layout(positions))
    return cache, rows


def assert_row(cache: SelfKVCache, row: int, expected: Tensor) -> None:
    length = expected.shape[2]
    assert torch.equal(cache.keys[row, :, :, :length], expected)
    assert torch.equal(cache.values[row, :, :, :length], -expected)
    assert (cache.keys[row, :, :, length:] == 0).all(), "nothing of anything former is left"


@pytest.mark.parametrize("size", [3, 4, 9])
def test_growing_keeps_what_is_there_and_at_least_doubles(size: int) -> None:
    tensor = torch.arange(12.0).view(4, 3)
    new = grown(tensor, 0, size, fill=-1.0)
    assert torch.equal(new[:4], tensor)
    assert new.shape[0] >= size
    assert (new[4:] == -1).all()
    if size <= 4:
        assert new is tensor
    else:
        assert new.shape[0] >= 8


def test_tokens_of_rows_of_unlike_lengths_stand_where_they_belong() -> None:
    lengths = [3, 70, 1, 33]  # some beyond the first size
    cache, rows = filled_self_cache(lengths)
    for row, expected in enumerate(rows):
        assert_row(cache, row, expected)
    keys, values = cache.view(layout([length - 1 for length in lengths]))
    assert keys.shape == values.shape == (4 * LANES, HEADS, 70, HEAD_DIM)
    assert torch.equal(keys[LANES : 2 * LANES], rows[1])


def test_moving_a_row_leaves_the_others_alone() -> None:
    cache, rows = filled_self_cache([5, 2, 3])
    cache.move_row(2, 0, 3)
    assert_row(cache, 0, rows[2])
    assert_row(cache, 1, rows[1])


def test_lanes_of_some_rows_change_places() -> None:
    cache, rows = filled_self_cache([4, 6, 5])
    cache.reorder_lanes(torch.tensor([0, 2]), torch.tensor([[2, 2, 0], [1, 0, 1]]), 6)
    assert_row(cache, 0, rows[0][[2, 2, 0]])
    assert_row(cache, 1, rows[1])
    assert_row(cache, 2, rows[2][[1, 0, 1]])


def test_a_cleared_row_is_empty() -> None:
    cache, rows = filled_self_cache([4, 6])
    cache.clear_row(0)
    assert (cache.keys[0] == 0).all()
    assert (cache.values[0] == 0).all()
    assert_row(cache, 1, rows[1])


def test_cross_keys_of_sources_that_come_one_after_the_other() -> None:
    cache = CrossKVCache(HEADS, HEAD_DIM, torch.float32, CPU)
    first, second = torch.randn(2, HEADS, 7, HEAD_DIM), torch.randn(1, HEADS, 90, HEAD_DIM)
    cache.write(0, first, -first)
    cache.write(2, second, -second)
    keys, values = cache.view(3, 90)
    assert torch.equal(keys[:2, :, :7], first)
    assert torch.equal(keys[2], second[0])
    assert torch.equal(values, -keys)
    cache.move_row(2, 0, 90)
    assert torch.equal(cache.keys[0, :, :90], second[0])
    assert torch.equal(cache.keys[1, :, :7], first[1])


def test_a_shorter_source_leaves_nothing_of_the_longer_one_before() -> None:
    cache = CrossKVCache(HEADS, HEAD_DIM, torch.float32, CPU)
    overflowed = torch.full((2, HEADS, 20, HEAD_DIM), float("nan"))
    cache.write(0, overflowed, overflowed)
    short = torch.randn(1, HEADS, 4, HEAD_DIM)
    cache.write(1, short, short)
    cache.move_row(1, 0, 4)
    keys, values = cache.view(2, 20)
    assert keys.isfinite().all()
    assert values.isfinite().all()


def test_recurrent_cells_move_clear_and_change_lanes() -> None:
    state = RecurrentState(LANES, WIDTH, torch.float32, CPU)
    state.reserve(3, 1)
    cells = torch.randn(3, LANES, WIDTH)
    state.cells[:3] = cells
    state.reorder_lanes(torch.tensor([1]), torch.tensor([[2, 0, 0]]), 1)
    assert torch.equal(state.cells[:3], torch.stack([cells[0], cells[1][[2, 0, 0]], cells[2]]))
    state.move_row(2, 0, 1)
    assert torch.equal(state.cells[0], cells[2])
    state.reserve(9, 1)
    assert torch.equal(state.cells[2], cells[2])
    state.clear_row(2)
    assert (state.cells[2] == 0).all()
    assert torch.equal(state.cells[0], cells[2])
