"""What Ray calls of a replica, without Ray; `test_deployment.py` and `test_changes.py` have a real one."""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import cast

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # importing Ray warns
    from crosslate.service.replicas import GatewayReplica


@pytest.mark.parametrize("has_loaded", [True, False])
async def test_a_replica_may_go_whenever_ray_says_so(*, has_loaded: bool) -> None:
    """Serve logs what `__del__` raises with a traceback, and runs it while the constructor still does."""
    closed: list[str] = []

    async def close() -> None:
        closed.append("gateway")

    # Not a real one: Python runs `__del__` too, and nobody would await that.
    replica = SimpleNamespace(_gateway=SimpleNamespace(close=close)) if has_loaded else SimpleNamespace()
    await GatewayReplica.__del__(cast("GatewayReplica", replica))
    assert closed == ["gateway"] * has_loaded
