"""Calls that wait for a store: a few at a time, none of them for ever behind others."""

from __future__ import annotations

import asyncio
import threading

import pytest

from crosslate.service.store import threads as module
from crosslate.service.store.database import StoreError
from crosslate.service.store.threads import StoreThreads


async def test_who_finds_no_thread_in_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TURN_S", 0.01)
    threads, answers = StoreThreads(2), threading.Event()
    hanging = [asyncio.create_task(threads.run(answers.wait, 60)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(StoreError, match="other calls"):
        await threads.run(str)
    answers.set()
    assert await asyncio.gather(*hanging) == [True, True]
    assert await threads.run(str, 1) == "1"


async def test_a_thread_is_free_when_its_call_ends_and_not_when_its_caller_leaves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "TURN_S", 0.01)
    threads, begun, answers = StoreThreads(1), threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        answers.wait(60)

    left = asyncio.create_task(threads.run(hang))
    assert await asyncio.to_thread(begun.wait, 60)
    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    with pytest.raises(StoreError):
        await threads.run(str)
    answers.set()
    monkeypatch.setattr(module, "TURN_S", 60)
    assert await threads.run(str, 1) == "1"


async def test_what_a_call_raises_is_raised_and_frees_its_thread() -> None:
    threads = StoreThreads(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await threads.run(divmod, 1, 0)
