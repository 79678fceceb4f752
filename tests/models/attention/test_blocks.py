"""Cutting into blocks and putting together again."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.attention.blocks import Blocks

CPU = torch.device("cpu")
WINDOWS = st.builds(Blocks.of_window, st.integers(1, 40), st.integers(1, 12))
DISJOINT = st.integers(1, 12).flatmap(
    lambda size: st.builds(
        Blocks.disjoint, st.integers(1, 40), st.just(size), st.integers(0, max(0, size // 2))
    )
)


@given(blocks=st.one_of(WINDOWS, DISJOINT))
def test_join_undoes_split(blocks: Blocks) -> None:
    x = torch.randn(3, blocks.longest, 2)
    split = blocks.split(x)
    assert split.shape == (3 * blocks.num_blocks, blocks.size, 2)
    assert torch.equal(blocks.join(split), x)


@given(blocks=st.one_of(WINDOWS, DISJOINT))
def test_keys_stand_where_key_positions_says(blocks: Blocks) -> None:
    tokens = torch.arange(1, blocks.longest + 1)[None].float()
    keys = blocks.neighbourhoods(tokens)
    positions = blocks.key_positions(CPU)
    is_token = (positions >= 0) & (positions < blocks.longest)
    assert torch.equal(keys, torch.where(is_token, positions + 1, 0).float())


@given(blocks=WINDOWS)
def test_every_token_finds_its_whole_window(blocks: Blocks) -> None:
    tokens = torch.arange(blocks.longest)[None]
    queries, keys = blocks.split(tokens), blocks.key_positions(CPU)
    radius = blocks.margin or blocks.longest
    for query, seen in zip(queries.flatten().tolist(), keys.repeat_interleave(blocks.size, 0), strict=True):
        window = range(max(0, query - radius), min(blocks.longest, query + radius + 1))
        assert query == 0 or set(window) <= set(seen.tolist())


@pytest.mark.parametrize("blocks", [Blocks.of_window(9, 2), Blocks.of_window(3, 4)], ids=str)
def test_offsets_are_those_of_the_positions(blocks: Blocks) -> None:
    keys = blocks.key_positions(CPU)
    queries = torch.arange(blocks.num_blocks * blocks.size).view(blocks.num_blocks, blocks.size)
    assert torch.equal(keys[:, None, :] - queries[:, :, None], blocks.offsets(CPU).expand(len(keys), -1, -1))
