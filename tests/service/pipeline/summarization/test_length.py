from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslate.models.engine.request import GenerationParams
from crosslate.service.pipeline.summarization.length import LengthBounds, LengthControl
from crosslate.service.pipeline.summarization.types import SummaryLength

BART = GenerationParams(max_new_tokens=141, min_new_tokens=55)
NOTHING = GenerationParams()
LENGTHS: tuple[SummaryLength, ...] = ("short", "medium", "long")


def test_auto_is_the_checkpoints() -> None:
    assert LengthControl("auto", BART, NOTHING).bounds(1000) == LengthBounds(55, 141)


@pytest.mark.parametrize("defaults", [BART, GenerationParams(max_new_tokens=64), NOTHING])
def test_longer_is_longer(defaults: GenerationParams) -> None:
    bounds = [LengthControl(length, defaults, NOTHING).bounds(2000) for length in LENGTHS]
    for shorter, longer in itertools.pairwise(bounds):
        assert shorter.max_tokens < longer.max_tokens
        assert shorter.min_tokens < longer.min_tokens


COUNTS = st.none() | st.integers(1, 400)


@given(
    length=st.sampled_from([*LENGTHS, "auto"]),
    own=st.tuples(COUNTS, COUNTS),
    given_=st.tuples(COUNTS, COUNTS),
    num_tokens=st.integers(1, 3000),
)
def test_what_the_caller_gives_wins_and_bounds_never_contradict_each_other(
    length: SummaryLength,
    own: tuple[int | None, int | None],
    given_: tuple[int | None, int | None],
    num_tokens: int,
) -> None:
    defaults = GenerationParams(min_new_tokens=own[0], max_new_tokens=own[1])
    params = GenerationParams(min_new_tokens=given_[0], max_new_tokens=given_[1])
    control = LengthControl(length, defaults, params)
    bounds = control.bounds(num_tokens)
    assert given_[0] is None or bounds.min_tokens == given_[0]
    assert given_[1] is None or bounds.max_tokens == given_[1]
    if None in given_:
        assert 0 <= bounds.min_tokens <= bounds.max_tokens
    if given_ == (None, None):
        assert bounds.max_tokens <= max(num_tokens, 24)
        assert bounds.min_tokens <= num_tokens / 2


@given(own=st.tuples(COUNTS, COUNTS), num_tokens=st.integers(2, 3000))
def test_an_intermediate_summary_is_at_most_half_of_its_part(
    own: tuple[int | None, int | None], num_tokens: int
) -> None:
    defaults = GenerationParams(min_new_tokens=own[0], max_new_tokens=own[1])
    bounds = LengthControl("long", defaults, NOTHING).intermediate_bounds(num_tokens)
    assert 0 <= bounds.min_tokens <= bounds.max_tokens <= num_tokens / 2


@pytest.mark.parametrize(
    ("defaults", "given_", "longest_kept", "enough"),
    [
        (BART, NOTHING, 55, 141),
        (NOTHING, NOTHING, 32, 128),
        (NOTHING, GenerationParams(max_new_tokens=4000), 32, 128),
        (NOTHING, GenerationParams(max_new_tokens=40), 10, 40),
        (NOTHING, GenerationParams(min_new_tokens=200), 200, 128),
    ],
)
def test_what_is_short_enough_already(
    defaults: GenerationParams, given_: GenerationParams, longest_kept: int, enough: int
) -> None:
    control = LengthControl("auto", defaults, given_)
    assert (control.longest_kept, control.enough) == (longest_kept, enough)


def test_long_texts_have_longer_summaries_where_the_length_is_not_fixed() -> None:
    def most(length: SummaryLength, num_windows: float) -> int:
        return LengthControl(length, BART, NOTHING, num_windows).usual.max_tokens

    for length in (*LENGTHS, "auto"):
        growth = 2 if length in {"auto", "long"} else 1
        assert most(length, 4.0) == growth * most(length, 1.0)
        assert most(length, 0.3) == most(length, 1.0)


@given(
    length=st.sampled_from([*LENGTHS, "auto"]),
    own=st.tuples(COUNTS, COUNTS),
    sizes=st.lists(st.integers(1, 400), min_size=1, max_size=20),
)
def test_parts_share_the_room(
    length: SummaryLength, own: tuple[int | None, int | None], sizes: list[int]
) -> None:
    defaults = GenerationParams(min_new_tokens=own[0], max_new_tokens=own[1])
    control = LengthControl(length, defaults, NOTHING, num_windows=3.0)
    bounds = [control.part_bounds(size, sum(sizes)) for size in sizes]
    assert sum(one.max_tokens for one in bounds) <= control.usual.max_tokens + len(sizes)
    for one, size in zip(bounds, sizes, strict=True):
        assert 0 <= one.min_tokens <= one.max_tokens
        assert one.min_tokens <= size / 2


@pytest.mark.parametrize(
    ("room", "num_tokens", "num_summaries", "num_parts"),
    [
        (450, 2100, 70, 10),  # 30 tokens each, and half as much to spare
        (450, 480, 16, 8),  # never more than half of what there was
        (60, 170, 5, 2),
        (20, 170, 5, 1),
    ],
)
def test_as_many_parts_as_have_room(room: int, num_tokens: int, num_summaries: int, num_parts: int) -> None:
    control = LengthControl("medium", GenerationParams(max_new_tokens=room), NOTHING)
    assert control.num_parts(num_tokens, num_summaries) == num_parts
