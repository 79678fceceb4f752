from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from loadtests.bulk import BulkClient, sending_in_bulk
from loadtests.client import Target


class FakeService:
    """Remembers the requests, and refuses them from `num_allowed` on."""

    def __init__(self, num_allowed: int = 1000) -> None:
        self.requests: list[list[str]] = []
        self.num_allowed = num_allowed
        self.has_three = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append((await request.json())["text"])
        if len(self.requests) == 3:
            self.has_three.set()
        return web.json_response({}, status=200 if len(self.requests) <= self.num_allowed else 429)

    def server(self) -> TestServer:
        app = web.Application()
        app.router.add_post("/v1/translate", self.answer)
        return TestServer(app)


def target_of(server: BaseTestServer) -> Target:
    return Target(str(server.make_url("")).rstrip("/"), "en", "pt")


async def test_sends_one_request_of_many_texts_after_the_other_until_the_end() -> None:
    service = FakeService()
    async with service.server() as server:
        async with sending_in_bulk(target_of(server), ["a", "b", "c"], 2) as bulk:
            await asyncio.wait_for(service.has_three.wait(), 60)
        assert service.requests[:3] == [["a", "b"], ["c", "a"], ["b", "c"]]
        assert bulk.num_answered >= 4
        assert bulk.rate > 0
        num_sent = len(service.requests)
        await asyncio.sleep(0.05)
        assert len(service.requests) <= num_sent + 1, "one may have been on its way"


async def test_a_refusal_is_not_hidden() -> None:
    async with FakeService(num_allowed=2).server() as server:
        client = BulkClient(target_of(server), ["a"], 1)
        with pytest.raises(aiohttp.ClientResponseError):
            await client.run()
    assert client.num_answered == 2


async def test_none_is_sent_where_none_is_wanted() -> None:
    service = FakeService()
    async with service.server() as server:
        async with sending_in_bulk(target_of(server), ["a"], 0) as bulk:
            await asyncio.sleep(0.01)
        assert service.requests == []
        assert bulk.rate == 0
