"""What a stack may be made of: positions that its attention would not read are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest

from crosslate.models.attention.encoder_bias import build_encoder_bias
from crosslate.models.specs.pattern_spec import (
    BlockSparseSpec,
    FixedSpec,
    StaggeredBlockSpec,
    StridedSpec,
    WindowSpec,
)
from crosslate.models.specs.recurrent_spec import LocalSpec
from crosslate.models.specs.stack_spec import (
    GroupedSpec,
    LinearAttentionSpec,
    MixerSpec,
    NormSpec,
    PatternSpec,
    PositionSpec,
    PredictingStreamSpec,
    RotarySpec,
    SelfAttentionSpec,
    SSRUSpec,
    StackSpec,
)

STACK = StackSpec(
    num_layers=2,
    num_heads=2,
    head_dim=4,
    ffn_dim=8,
    activation="relu",
    norm=NormSpec(),
    positions=PositionSpec(kind="none"),
    attention_scale=0.5,
)
RELATIVE = PositionSpec(kind="relative_bias", num_buckets=8, max_distance=16)
ROTATIONS = (RotarySpec(base=10000.0),) * 2
GROUPED = GroupedSpec(num_groups=1, rotations=ROTATIONS, score_cap=None, windows=(None, None))
READING: tuple[PatternSpec, ...] = (
    WindowSpec(radius=4),
    WindowSpec(radius=4, seen_by_all="block_sums", global_block=4),
)
NOT_READING: tuple[PatternSpec, ...] = (
    WindowSpec(radius=4, seen_by_all="first_token"),
    StaggeredBlockSpec(block_size=4, num_global_tokens=1),
    BlockSparseSpec(block_size=4, num_random_blocks=1),
    StridedSpec(stride=4),
    FixedSpec(block_size=4, num_last=1),
    LinearAttentionSpec(),
)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: WindowSpec(radius=0), "radius is 0, expected a whole number from 1"),
        (lambda: WindowSpec(radius=4, seen_by_all="block_sums"), "global_block is 0"),
        (lambda: StaggeredBlockSpec(block_size=0, num_global_tokens=1), "block_size is 0"),
        (lambda: StaggeredBlockSpec(block_size=4, num_global_tokens=-1), "num_global_tokens is -1"),
        (lambda: BlockSparseSpec(block_size=0, num_random_blocks=1), "block_size is 0"),
        (lambda: BlockSparseSpec(block_size=4, num_random_blocks=-1), "num_random_blocks is -1"),
        (lambda: StridedSpec(stride=0), "stride is 0"),
        (lambda: StridedSpec(stride=2.5), "stride is 2.5"),  # type: ignore[arg-type]
        (lambda: LocalSpec(radius=0, predicts=True), "radius is 0"),
        (lambda: RotarySpec(base=0.0), "base is 0.0, expected a number above 0"),
        (lambda: RotarySpec(base=1e4, factor=0.0), "factor is 0.0"),
        (lambda: replace(GROUPED, num_groups=0), "num_groups is 0"),
        (lambda: replace(GROUPED, score_cap=0.0), "score_cap is 0.0"),
        (lambda: replace(GROUPED, windows=(None, 0)), r"windows are \(None, 0\)"),
        (lambda: replace(RELATIVE, num_buckets=2), "num_buckets is 2, expected a whole number from 4"),
        (lambda: replace(RELATIVE, max_distance=4), "max_distance is 4, expected a whole number from 5"),
        (lambda: PredictingStreamSpec(1, 8), "num_buckets is 1, expected a whole number from 2"),
        (lambda: PredictingStreamSpec(8, 4), "max_distance is 4, expected a whole number from 5"),
        (lambda: replace(STACK, num_heads=0), "num_heads is 0"),
        (lambda: replace(STACK, num_layers=0), "num_layers is 0"),
        (lambda: replace(STACK, num_layers=10**5), "num_layers is 100000, expected at most 10000"),
        (lambda: replace(STACK, ffn_dim=10**9), "ffn_dim is 1000000000, expected at most 16777216"),
        (lambda: replace(STACK, head_dim=10**7), "2 heads of 10000000 are more than 16777216"),
    ],
)
def test_numbers_that_nothing_can_be_made_of(make: Callable[[], object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        make()


def test_every_pattern_and_mixer_is_looked_at_here() -> None:
    assert {type(pattern) for pattern in READING + NOT_READING} == set(get_args(PatternSpec))
    mixers = {SelfAttentionSpec, SSRUSpec, LinearAttentionSpec, PredictingStreamSpec}
    assert mixers == set(get_args(MixerSpec))


@pytest.mark.parametrize("pattern", [None, *READING])
def test_a_relative_bias_has_its_table_where_it_is_taken(pattern: PatternSpec | None) -> None:
    bias = build_encoder_bias(replace(STACK, positions=RELATIVE, pattern=pattern))
    assert [name for name, _ in bias.named_parameters()][:1] == ["relative.weight"]


@pytest.mark.parametrize("pattern", NOT_READING)
def test_a_relative_bias_that_no_layer_would_add_is_refused(pattern: PatternSpec) -> None:
    assert replace(STACK, pattern=pattern).pattern == pattern
    with pytest.raises(ValueError, match=rf"{type(pattern).__name__}\(.*adds no relative position bias"):
        replace(STACK, pattern=pattern, positions=RELATIVE)


@pytest.mark.parametrize("mixer", [SSRUSpec(), LinearAttentionSpec()])
def test_so_is_one_beside_a_recurrent_cell(mixer: MixerSpec) -> None:
    with pytest.raises(ValueError, match="adds no relative position bias"):
        replace(STACK, mixer=mixer, positions=RELATIVE)


def test_grouped_attention_has_rotations_and_windows_of_its_own() -> None:
    with pytest.raises(ValueError, match=r"GroupedSpec\(.*adds no relative position bias"):
        replace(STACK, grouped=GROUPED, positions=RELATIVE)
    with pytest.raises(ValueError, match=r"no StridedSpec\(stride=4\)"):
        replace(STACK, grouped=GROUPED, pattern=StridedSpec(stride=4))


def test_block_sums_have_no_place_but_a_relative_one() -> None:
    with pytest.raises(ValueError, match="needs a relative position bias"):
        replace(STACK, pattern=WindowSpec(radius=4, seen_by_all="block_sums", global_block=4))


@pytest.mark.parametrize(
    "changed",
    [
        {"mixer": SSRUSpec()},
        {"mixer": LinearAttentionSpec()},
        {"cross": "linear"},
        {"pattern": LinearAttentionSpec()},
        {"positions": PositionSpec(kind="relative_bias", num_buckets=8, max_distance=20)},
    ],
    ids=str,
)
def test_prompts_stand_before_keys_of_plain_attention_only(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="prompts stand before keys of plain attention"):
        replace(STACK, **{"num_prompts": 3, **changed})


@pytest.mark.parametrize(
    "changed", [{}, {"positions": RELATIVE}, {"cross": "linear"}, {"grouped": GROUPED}], ids=str
)
def test_a_predicting_stream_needs_plain_cross_attention_and_learned_positions(
    changed: dict[str, Any],
) -> None:
    learned = PositionSpec(kind="learned", max_positions=8) if changed else STACK.positions
    with pytest.raises(ValueError, match="a predicting stream goes with plain cross-attention"):
        replace(STACK, **{"mixer": PredictingStreamSpec(4, 8), "positions": learned, **changed})
