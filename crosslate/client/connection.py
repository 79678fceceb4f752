"""What both clients send requests with: an address, a key, time limits, and when to try again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from typing import Any, TypeVar

import httpx

from crosslate.client.answers import connection_failure, failure_of
from crosslate.client.calls import Call, time_limits
from crosslate.client.errors import CrosslateError
from crosslate.client.events import EventReader
from crosslate.client.retries import Retries

T = TypeVar("T")
E = TypeVar("E")

DEFAULT_TIMEOUT_S = 330.0
"""Longer than the server works on one request, as it is configured by default."""


def _checked_url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{url!r} is no address of a server: write it as http://localhost:8000")
    return url


def _headers(api_key: str | None) -> dict[str, str]:
    return {"User-Agent": "crosslate-client"} | ({"Authorization": f"Bearer {api_key}"} if api_key else {})


class Connection:
    """Sends requests and waits between tries; as `httpx.Client` it may be used from several threads."""

    def __init__(
        self,
        url: str,
        api_key: str | None,
        timeout_s: float,
        retries: Retries,
        transport: httpx.BaseTransport | None,
    ) -> None:
        self._http = httpx.Client(
            base_url=_checked_url(url),
            headers=_headers(api_key),
            timeout=time_limits(timeout_s),
            transport=transport,
        )
        self._retries = retries

    def close(self) -> None:
        """Its sockets."""
        self._http.close()

    def send(self, call: Call[T]) -> T:
        """The result of a request.

        Raises:
            CrosslateError: what the last try came to.
        """
        tries = self._retries.of_call(repeatable=call.repeatable)
        while True:
            try:
                return call.read(self._once(call))
            except CrosslateError as error:
                wait_s = tries.wait_s(error)
            time.sleep(wait_s)

    def stream(self, call: Call[Any], read: Callable[[str, Any], E | None]) -> Iterator[E]:
        """The events of a streamed answer; until the first, a failure is followed by another try.

        Raises:
            CrosslateError: it failed, or ended in the middle.
        """
        tries = self._retries.of_call(repeatable=call.repeatable)
        while True:
            has_begun = False
            try:
                for event in self._events(call, read):
                    has_begun = True
                    yield event
            except CrosslateError as error:
                if has_begun:
                    raise
                wait_s = tries.wait_s(error)
            else:
                return
            time.sleep(wait_s)

    def _once(self, call: Call[Any]) -> httpx.Response:
        try:
            response = self._http.request(call.method, call.path, **call.arguments())
        except httpx.RequestError as error:
            raise connection_failure(error, self._http.base_url) from error
        if (failure := failure_of(response)) is not None:
            raise failure
        return response

    def _events(self, call: Call[Any], read: Callable[[str, Any], E | None]) -> Iterator[E]:
        reader = EventReader(read)
        try:
            with self._http.stream(call.method, call.path, **call.arguments()) as response:
                if not response.is_success:
                    response.read()
                if (failure := failure_of(response)) is not None:
                    raise failure
                for piece in response.iter_bytes():
                    yield from reader.feed(piece)
        except httpx.RequestError as error:
            if reader.has_ended:
                return  # all of the answer is there
            raise connection_failure(error, self._http.base_url) from error
        reader.end()


class AsyncConnection:
    """As `Connection`, for one event loop."""

    def __init__(
        self,
        url: str,
        api_key: str | None,
        timeout_s: float,
        retries: Retries,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self._http = httpx.AsyncClient(
            base_url=_checked_url(url),
            headers=_headers(api_key),
            timeout=time_limits(timeout_s),
            transport=transport,
        )
        self._retries = retries

    async def close(self) -> None:
        """Its sockets."""
        await self._http.aclose()

    async def send(self, call: Call[T]) -> T:
        """As `Connection.send`."""
        tries = self._retries.of_call(repeatable=call.repeatable)
        while True:
            try:
                return call.read(await self._once(call))
            except CrosslateError as error:
                wait_s = tries.wait_s(error)
            await asyncio.sleep(wait_s)

    async def stream(self, call: Call[Any], read: Callable[[str, Any], E | None]) -> AsyncGenerator[E, None]:
        """As `Connection.stream`."""
        tries = self._retries.of_call(repeatable=call.repeatable)
        while True:
            has_begun = False
            try:
                async with aclosing(self._events(call, read)) as events:
                    async for event in events:
                        has_begun = True
                        yield event
            except CrosslateError as error:
                if has_begun:
                    raise
                wait_s = tries.wait_s(error)
            else:
                return
            await asyncio.sleep(wait_s)

    async def _once(self, call: Call[Any]) -> httpx.Response:
        try:
            response = await self._http.request(call.method, call.path, **call.arguments())
        except httpx.RequestError as error:
            raise connection_failure(error, self._http.base_url) from error
        if (failure := failure_of(response)) is not None:
            raise failure
        return response

    async def _events(self, call: Call[Any], read: Callable[[str, Any], E | None]) -> AsyncGenerator[E, None]:
        reader = EventReader(read)
        try:
            async with self._http.stream(call.method, call.path, **call.arguments()) as response:
                if not response.is_success:
                    await response.aread()
                if (failure := failure_of(response)) is not None:
                    raise failure
                async for piece in response.aiter_bytes():
                    for event in reader.feed(piece):
                        yield event
        except httpx.RequestError as error:
            if reader.has_ended:
                return  # all of the answer is there
            raise connection_failure(error, self._http.base_url) from error
        reader.end()
