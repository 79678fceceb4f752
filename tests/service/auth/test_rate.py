from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crosslate.service.auth.rate import seconds_until_it_fits


@pytest.mark.parametrize(
    ("cost", "current", "previous", "elapsed_s", "expected"),
    [
        (1, 0, 0, 0.0, 0.0),
        (10, 0, 0, 59.0, 0.0),
        (1, 10, 0, 20.0, 40.0 + 6.0),  # one of ten has left the window six seconds into the next minute
        (1, 0, 10, 0.0, 6.0),
        (1, 0, 10, 6.0, 0.0),
        (5, 0, 10, 0.0, 30.0),
        (10, 0, 10, 0.0, 60.0),
        (10, 1, 0, 30.0, 30.0 + 60.0),
    ],
)
def test_of_ten_a_minute(cost: int, current: int, previous: int, elapsed_s: float, expected: float) -> None:
    assert seconds_until_it_fits(cost, 10, current, previous, elapsed_s) == pytest.approx(expected)


COUNTS = st.integers(0, 1000)


@given(st.integers(1, 500), st.integers(0, 500), COUNTS, COUNTS, st.floats(0, 59.999))
def test_after_the_wait_it_fits_and_a_second_before_it_does_not(
    limit: int, cost: int, current: int, previous: int, elapsed_s: float
) -> None:
    """In a simulation of the two counters, to which nothing is added meanwhile."""
    assume(cost <= limit)

    def fits(wait_s: float) -> bool:
        now = elapsed_s + wait_s
        window = [(current, previous), (0, current), (0, 0)][int(now // 60)]
        return window[0] + cost + window[1] * (1 - now % 60 / 60) <= limit + 1e-3

    wait_s = seconds_until_it_fits(cost, limit, current, previous, elapsed_s)
    assert 0 <= wait_s <= 120
    assert fits(min(wait_s + 1e-4, 179))
    assert wait_s < 1 or not fits(wait_s - 1) or cost == limit
