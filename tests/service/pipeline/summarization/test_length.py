from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.engine.request import GenerationParams
from service.pipeline.summarization.length import (
    LengthBounds,
    bounds_for_source,
    intermediate_bounds,
    longest_returned_as_it_is,
    wanted_bounds,
)
from service.pipeline.summarization.types import SummaryLength

BART = GenerationParams(max_new_tokens=141, min_new_tokens=55)
NOTHING = GenerationParams()
LENGTHS: tuple[SummaryLength, ...] = ("short", "medium", "long")


def test_auto_is_the_checkpoints() -> None:
    wanted = wanted_bounds("auto", BART, NOTHING)
    assert wanted == LengthBounds(55, 141)
    assert bounds_for_source("auto", wanted, NOTHING, 1000) == wanted


@pytest.mark.parametrize("defaults", [BART, GenerationParams(max_new_tokens=64), NOTHING])
def test_longer_is_longer(defaults: GenerationParams) -> None:
    bounds = [bounds_for_source(n, wanted_bounds(n, defaults, NOTHING), NOTHING, 2000) for n in LENGTHS]
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
    wanted = wanted_bounds(length, defaults, params)
    bounds = bounds_for_source(length, wanted, params, num_tokens)
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
    bounds = intermediate_bounds(defaults, num_tokens)
    assert 0 <= bounds.min_tokens <= bounds.max_tokens <= num_tokens / 2


def test_a_text_shorter_than_its_summary_is_told_apart() -> None:
    assert longest_returned_as_it_is(wanted_bounds("auto", BART, NOTHING)) == 55
    assert longest_returned_as_it_is(wanted_bounds("auto", NOTHING, NOTHING)) == 32
