from __future__ import annotations

import os

import pytest

from loadtests.processes import descendants, replica_pids, resident_bytes


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="needs /proc")  # noqa: PTH110
def test_memory_is_read_of_living_processes_only() -> None:
    assert resident_bytes(os.getpid()) > 2**20
    assert os.getpid() not in replica_pids(None)
    assert os.getpid() in descendants(os.getppid())
    with pytest.raises(ProcessLookupError, match="has ended"):
        resident_bytes(2**22 + 1)  # above the largest process id of Linux
