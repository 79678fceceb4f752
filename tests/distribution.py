"""The whole suite in several processes: how many, and which tests stay together."""

from __future__ import annotations

from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from crosslate.service.process.machine import available_cpus, available_memory

E2E = "tests/service/e2e"
"""Each of its files starts a Ray that takes what CPUs there are: one after the other, in one process.

They take longest, and wait for most of it: they come first, and for them there is a process more than CPUs.
"""
_PROCESS_BYTES = 4 * 2**30
"""Of memory, with what tests start."""


class FileScheduling(LoadScopeScheduling):
    """Gives processes whole files, whose fixtures are made once, in the order of the tests."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return E2E if file.startswith(f"{E2E}/") else file


def num_processes(config: pytest.Config) -> int:
    """0: in this process, where files are named: that starts sooner, and a debugger can be entered."""
    if config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return 0
    memory = available_memory()
    wanted = available_cpus() + 1
    fitting = wanted if memory is None else min(wanted, memory // _PROCESS_BYTES)
    return fitting if fitting > 1 else 0


def arrange(items: list[pytest.Item], root: Path) -> None:
    """Put the tests that start a Ray first.

    Raises:
        pytest.UsageError: a test would start one beside those of other processes.
    """
    for item in items:
        if item.get_closest_marker("e2e") and not item.path.is_relative_to(root / E2E):
            raise pytest.UsageError(f"{item.nodeid} is marked e2e, so its file belongs into {E2E}")
    items.sort(key=lambda item: not item.path.is_relative_to(root / E2E))
