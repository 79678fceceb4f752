"""T5's buckets, against `transformers`, at the sizes of real checkpoints."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from transformers.models.t5.modeling_t5 import T5Attention

from crosslate.models.attention.relative_bias import bucket_table


@pytest.mark.parametrize(("num_buckets", "max_distance"), [(32, 128), (8, 20), (64, 512), (32, 100)])
@pytest.mark.parametrize("is_bidirectional", [True, False])
def test_buckets_equal_the_references(num_buckets: int, max_distance: int, is_bidirectional: bool) -> None:
    offsets = torch.arange(-1000, 1001)
    reference: Callable[..., Tensor] = T5Attention._relative_position_bucket
    expected = reference(
        offsets, bidirectional=is_bidirectional, num_buckets=num_buckets, max_distance=max_distance
    )
    table = bucket_table(num_buckets, max_distance, is_bidirectional=is_bidirectional)
    ours = table[offsets.clamp(-max_distance, max_distance) + max_distance]
    assert torch.equal(ours, expected)
