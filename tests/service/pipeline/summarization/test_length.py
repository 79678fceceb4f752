from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.engine.request import GenerationParams
from service.pipeline.summarization.length import LengthBounds, LengthControl
from service.pipeline.summarization.types import SummaryLength

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
