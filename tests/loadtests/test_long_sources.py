"""The measurement itself, small."""

from __future__ import annotations

import pytest

from loadtests import long_sources


def test_a_long_source_costs_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert long_sources.main(width=64, num_layers=1, length=5120) == 0
    own = 2 * 64 * 5120 * 4 / 2**20
    assert f"the long one by itself: caches {own:8.1f} MiB" in capsys.readouterr().out
