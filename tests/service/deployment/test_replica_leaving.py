"""What a replica does when Ray Serve ends it; `test_changes.py` has a real one, with documents."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any

import pytest

from crosslate.service.deployment.replica_leaving import on_leaving

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # importing Ray warns
    from ray.serve._private.replica import Replica


async def test_it_is_told_while_what_it_has_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it has ended only when both have."""
    events: list[str] = []
    is_told, is_idle = asyncio.Event(), asyncio.Event()

    async def end(self: object) -> None:
        events.append("refuses no request yet")
        await is_idle.wait()

    async def leave() -> None:
        events.append("told")
        is_told.set()
        await is_idle.wait()
        events.append("left")

    monkeypatch.setattr(Replica, "_perform_graceful_shutdown", end)
    on_leaving(leave)
    serve: Any = Replica
    ending = asyncio.ensure_future(serve._perform_graceful_shutdown(object()))
    await is_told.wait()
    assert sorted(events) == ["refuses no request yet", "told"]
    assert not ending.done()
    is_idle.set()
    await ending
    assert events[-1] == "left"
