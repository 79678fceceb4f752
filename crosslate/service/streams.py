"""Async streams that end when their reader does."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

Item = TypeVar("Item")


class _Closing(AbstractAsyncContextManager[AsyncIterator[Item]], Generic[Item]):
    """A class, not a generator: a request has several of them, each once for every part."""

    __slots__ = ("_stream",)

    def __init__(self, stream: AsyncIterator[Item]) -> None:
        self._stream = stream

    async def __aenter__(self) -> AsyncIterator[Item]:
        return self._stream

    async def __aexit__(self, *_: object) -> None:
        if isinstance(self._stream, AsyncGenerator):
            await self._stream.aclose()


def closing(stream: AsyncIterator[Item]) -> AbstractAsyncContextManager[AsyncIterator[Item]]:
    """Close the stream at the end of the block.

    An abandoned async generator otherwise lives until it is collected, and with it the slot it holds.
    """
    return _Closing(stream)
