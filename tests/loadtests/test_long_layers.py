"""The layers that are measured without being served, against what they are to compute."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from crosslate.models.layers.packing import Packing
from loadtests.long_layers import CHUNK, HierarchicalLayer, ReformerLayer, filled, variation

WIDTH, NUM_HEADS = 32, 4
CPU = torch.device("cpu")


@torch.inference_mode()
def test_one_chunk_is_full_attention_with_keys_that_are_queries_of_one_length() -> None:
    x, layer = torch.randn(CHUNK, WIDTH), filled(ReformerLayer(WIDTH, NUM_HEADS), WIDTH)
    weights = {name.split(".")[-2]: weight for name, weight in layer.named_parameters()}
    # (S, M) -> (H, S, D)
    q, v = (
        (x @ weights[name].T).view(CHUNK, NUM_HEADS, -1).transpose(0, 1) for name in ("query_key", "value")
    )
    keys = q / q.square().mean(dim=-1, keepdim=True).sqrt() / q.shape[-1] ** 0.5
    # a token sees itself only where there is nothing else
    scores = (q @ keys.transpose(-1, -2)).masked_fill(torch.eye(CHUNK, dtype=torch.bool), -1e5)
    mixed = (torch.softmax(scores, dim=-1) @ v).transpose(0, 1).flatten(1)
    torch.testing.assert_close(
        layer(x, Packing.of([CHUNK], CPU)), mixed @ weights["dense"].T, atol=1e-4, rtol=1e-4
    )


def test_hashing_differs_by_its_draw_and_by_what_is_padded() -> None:
    found = variation(512, WIDTH, NUM_HEADS)
    assert found["states all unlike"] > found["words that come again"]
    assert all(0.001 < share < 2 for both in found.values() for share in both)
    assert variation(512, WIDTH, NUM_HEADS) == found


@pytest.mark.parametrize("length", [3, 8, 10])
def test_two_levels_are_segments_and_their_first_tokens(length: int) -> None:
    def mean(x: Tensor, packing: Packing) -> Tensor:
        assert packing.longest == len(x)
        return x.mean(dim=0).expand(x.shape)

    def twice(x: Tensor, packing: Packing) -> Tensor:
        return 2 * x

    x = torch.randn(length, WIDTH)
    expected = 2 * x
    expected[::4] = expected[::4].mean(dim=0)
    found = HierarchicalLayer(twice, mean, 4)(x, Packing.of([length], CPU))
    torch.testing.assert_close(found, expected)
