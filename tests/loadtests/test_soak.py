from __future__ import annotations

import os
import random

import pytest

from loadtests.processes import replica_pids, resident_bytes
from loadtests.soak import MemoryCourse, Sample, course_table, make_request


def test_growth_and_its_slope_are_seen() -> None:
    course = MemoryCourse([Sample(at_s=30.0 * i, resident_mib=1000 + 5 * i) for i in range(11)])
    assert (course.start_mib, course.end_mib, course.max_mib) == (1000, 1050, 1050)
    assert course.change == pytest.approx(0.05)
    assert course.slope_mib_per_minute == pytest.approx(10)
    assert "+10.00" in course_table({7: course})


def test_a_dip_is_a_change_too() -> None:
    course = MemoryCourse([Sample(0, 1000), Sample(1, 900), Sample(2, 1000)])
    assert course.change == pytest.approx(0.1)


def test_one_sample_has_no_slope() -> None:
    assert MemoryCourse([Sample(0, 1000)]).slope_mib_per_minute == 0


def test_the_mix_has_every_kind_of_request() -> None:
    generator = random.Random(0)
    requests = [make_request(generator) for _ in range(300)]
    assert {path for path, _ in requests} == {"/v1/translate", "/v1/align", "/v1/detect"}
    keys = set().union(*(body for _, body in requests))
    assert {"stream", "alignment", "generation", "num_alternatives"} <= keys


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")  # noqa: PTH110
def test_memory_is_read_of_living_processes_only() -> None:
    assert resident_bytes(os.getpid()) > 2**20
    assert os.getpid() not in replica_pids(None)
    with pytest.raises(ProcessLookupError, match="has ended"):
        resident_bytes(2**22 + 1)  # above the largest process id of Linux
