"""`AsyncClient` with the face of `Client`, so that one test is for both."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from typing import Any, TypeVar

T = TypeVar("T")


class Blocking:
    """Runs every call of what it wraps to its end."""

    def __init__(self, wrapped: Any, runner: asyncio.Runner) -> None:
        self._wrapped = wrapped
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._wrapped, name)
        return self._blocking(member) if callable(member) else Blocking(member, self._runner)

    def _blocking(self, method: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            result = method(*args, **kwargs)
            if inspect.isawaitable(result):
                return self._runner.run(_awaited(result))
            return self._listed(result)

        return call

    def _listed(self, events: AsyncIterator[T]) -> Any:
        while True:
            try:
                yield self._runner.run(_awaited(anext(events)))
            except StopAsyncIteration:
                return


async def _awaited(result: Any) -> Any:
    return await result
