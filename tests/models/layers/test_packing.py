from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from crosslate.models.layers.packing import Packing, pack_ids

CPU = torch.device("cpu")
lengths_of_rows = st.lists(st.integers(1, 7), min_size=1, max_size=6)


@given(lengths_of_rows)
@settings(deadline=None)
def test_padding_and_unpadding_is_the_identity(lengths: list[int]) -> None:
    packing = Packing.of(lengths, CPU)
    x = torch.randn(sum(lengths), 2, 3)
    grid = packing.pad(x)
    assert grid.shape == (len(lengths), max(lengths), 2, 3)
    assert torch.equal(packing.unpad(grid), x)


@given(lengths_of_rows)
@settings(deadline=None)
def test_rows_hold_their_own_tokens_in_order_then_zeros(lengths: list[int]) -> None:
    packing = Packing.of(lengths, CPU)
    sequences = [[100 * row + i + 1 for i in range(length)] for row, length in enumerate(lengths)]
    grid = packing.pad(pack_ids(sequences, CPU))
    padded = [ids + [0] * (max(lengths) - len(ids)) for ids in sequences]
    assert grid.tolist() == padded
    assert packing.positions.tolist() == [i for length in lengths for i in range(length)]
    assert packing.lengths.tolist() == lengths


def test_equal_lengths_need_no_index() -> None:
    packing = Packing.of([3, 3], CPU)
    assert packing.index is None
    x = torch.randn(6, 4)
    assert packing.pad(x).data_ptr() == x.data_ptr(), "nothing is copied"
