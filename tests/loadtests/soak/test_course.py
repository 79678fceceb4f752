from __future__ import annotations

import pytest

from loadtests.soak.course import Course, Sample, course_table


def test_growth_and_its_slope_are_seen() -> None:
    course = Course([Sample(at_s=30.0 * i, value=1000 + 5 * i) for i in range(11)])
    assert (course.start, course.end, course.largest) == (1000, 1050, 1050)
    assert course.change == pytest.approx(0.05)
    assert course.slope_per_hour == pytest.approx(600)
    assert "+600.0" in course_table({"memory": course})


def test_a_dip_is_a_change_too() -> None:
    assert Course([Sample(0, 1000), Sample(1, 900), Sample(2, 1000)]).change == pytest.approx(0.1)


def test_one_sample_has_no_slope() -> None:
    assert Course([Sample(0, 1000)]).slope_per_hour == 0


def test_nothing_may_grow() -> None:
    assert Course([Sample(0, 0), Sample(1, 3)]).change == 0
