from __future__ import annotations

from itertools import pairwise

import pytest

from loadtests.arrivals import poisson_schedule


def test_arrivals_are_bounded_in_number_and_in_time() -> None:
    assert len(list(poisson_schedule(10, max_count=25, max_s=1e9, seed=0))) == 25
    early = list(poisson_schedule(10, max_count=10_000, max_s=3, seed=0))
    assert 0 < len(early) < 10_000
    assert max(early) <= 3


def test_the_gaps_are_those_of_a_poisson_process() -> None:
    arrivals = list(poisson_schedule(50, max_count=20_000, max_s=1e9, seed=1))
    gaps = [later - earlier for earlier, later in pairwise([0.0, *arrivals])]
    mean = sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / len(gaps)
    # Exponential: the deviation equals the mean. The mean of 20,000 is off by 0.7 % (one sigma).
    assert mean == pytest.approx(1 / 50, rel=0.03)
    assert variance**0.5 == pytest.approx(mean, rel=0.05)


def test_a_seed_repeats_the_schedule() -> None:
    first, again, other = (
        list(poisson_schedule(5, max_count=50, max_s=1e9, seed=seed)) for seed in (3, 3, 4)
    )
    assert first == again != other
