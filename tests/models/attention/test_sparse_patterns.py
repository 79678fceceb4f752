"""The patterns of Child et al. against dense attention under a mask that is written down pair by pair."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from crosslate.models.attention.encoder_bias import build_encoder_bias
from crosslate.models.attention.multi_head import SelfAttention
from crosslate.models.attention.patterns import build_encoder_attention
from crosslate.models.layers.packing import Packing
from crosslate.models.specs.pattern_spec import FixedSpec, StridedSpec
from crosslate.models.specs.stack_spec import NormSpec, PositionSpec, StackSpec

HEADS, HEAD_DIM, WIDTH = 2, 4, 8
CPU = torch.device("cpu")
Pattern = StridedSpec | FixedSpec
PATTERNS = st.one_of(
    st.builds(StridedSpec, stride=st.integers(1, 9)),
    st.integers(1, 9).flatmap(
        lambda size: st.builds(FixedSpec, block_size=st.just(size), num_last=st.integers(1, size))
    ),
)


def sees(pattern: Pattern, query: int, key: int) -> bool:
    """Section 4.3, without the rule that nobody looks ahead."""
    if isinstance(pattern, StridedSpec):
        return abs(query - key) < pattern.stride or (query - key) % pattern.stride == 0
    size = pattern.block_size
    return query // size == key // size or key % size >= size - pattern.num_last


def stack(pattern: Pattern | None) -> StackSpec:
    return StackSpec(
        num_layers=2,
        num_heads=HEADS,
        head_dim=HEAD_DIM,
        ffn_dim=WIDTH,
        activation="relu",
        norm=NormSpec(),
        positions=PositionSpec(kind="none"),
        attention_scale=HEAD_DIM**-0.5,
        pattern=pattern,
    )


def dense(x: Tensor, pattern: Pattern, attention: SelfAttention) -> Tensor:
    """One source (S, M) -> (S, M), by every score there is."""
    length = len(x)
    q, k, v = attention.qkv(x).view(length, 3, HEADS, HEAD_DIM).permute(1, 2, 0, 3)
    hidden = torch.tensor([[not sees(pattern, i, j) for j in range(length)] for i in range(length)])
    scores = (q @ k.transpose(-1, -2) * HEAD_DIM**-0.5).masked_fill(hidden, -torch.inf)
    mixed: Tensor = attention.out((torch.softmax(scores, dim=-1) @ v).transpose(0, 1).flatten(1))
    return mixed


@torch.inference_mode()
@settings(max_examples=60, deadline=None)
@given(PATTERNS, st.lists(st.integers(1, 30), min_size=1, max_size=3), st.booleans())
def test_a_pattern_is_dense_attention_under_its_mask_for_every_source_of_a_batch(
    pattern: Pattern, lengths: list[int], is_ragged: bool
) -> None:
    torch.manual_seed(sum(lengths))
    spec = stack(pattern)
    attention, bias = build_encoder_attention(spec, WIDTH, 0), build_encoder_bias(spec)
    assert isinstance(attention, SelfAttention)
    for parameter in attention.parameters():
        parameter.copy_(torch.randn(parameter.shape))
    packing = Packing.of(lengths, CPU, is_ragged=is_ragged)
    sources = [torch.randn(length, WIDTH) for length in lengths]
    layers = bias(packing, torch.float32)
    found = attention(torch.cat(sources), packing, next(iter(layers)))
    expected = torch.cat([dense(x, pattern, attention) for x in sources])
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("pattern", [StridedSpec(stride=4), FixedSpec(block_size=4, num_last=1)])
def test_two_layers_join_all_of_a_source(pattern: Pattern) -> None:
    seen = torch.tensor([[sees(pattern, i, j) for j in range(16)] for i in range(16)])
    assert not bool(seen.all())
    assert bool((seen.float() @ seen.float()).bool().all())


def test_a_block_has_no_more_last_tokens_than_tokens() -> None:
    with pytest.raises(ValueError, match="from 1 to the block's size, 4"):
        FixedSpec(block_size=4, num_last=5)
