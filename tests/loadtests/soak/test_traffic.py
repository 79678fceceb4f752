"""Every kind of request against the application, as clients send it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from crosslate.service.http.dialects.registry import DIALECTS
from crosslate.service.settings.config import Settings
from loadtests.soak import traffic
from loadtests.soak.traffic import Ask, Client, Tally, asks
from tests.service.http.fakes import Service, create_service, unavailable
from tests.service.http.running import running


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Service]]:
    monkeypatch.setattr(traffic, "PAIRS", (("en", "pt"),))  # all that it serves
    service = create_service(Settings(state_dir=tmp_path), dialects=DIALECTS)
    with running(service.app, service.close) as url:
        yield url, service


async def test_each_is_answered_as_it_should_be(service: tuple[str, Service]) -> None:
    """But for those that only a model refuses, and documents, which need a worker."""
    url, _ = service
    tally, generator = Tally(), random.Random(0)
    async with aiohttp.ClientSession() as session:
        client = Client(session, url, generator, tally)
        for ask in asks(generator):
            if ask.kind != "refused":
                await client._tallied(ask.kind, lambda ask=ask: client._ask(ask))  # type: ignore[misc]
        await client._tallied("operation", client._operation)
        await client._tallied("kept glossary", client._kept_glossary)
    assert not tally.lost
    assert len(tally.answered) == len(asks(generator)) + 1


async def test_what_comes_instead_is_told(service: tuple[str, Service]) -> None:
    url, answering = service
    answering.translator.failures["full"] = unavailable()
    tally = Tally()
    body = {"text": "full", "source_lang": "en", "target_lang": "pt"}
    async with aiohttp.ClientSession() as session:
        client = Client(session, url, random.Random(0), tally)
        for ask in (
            Ask("short", "/v1/translate", body),
            Ask("stream", "/v1/translate", body | {"text": "a", "stream": True}),
            Ask("unknown", "/nowhere", body),
        ):
            await client._tallied(ask.kind, lambda ask=ask: client._ask(ask))  # type: ignore[misc]
        gone = Client(session, "http://127.0.0.1:1", random.Random(0), tally)
        await gone._tallied("short", lambda: gone._ask(Ask("short", "/v1/translate", body)))
    assert tally.answered == {"stream": 1}
    assert tally.lost == {
        "short: 429 queue_full": 1,
        "unknown: 404 not_found": 1,
        "short: ClientConnectorError": 1,
    }
    assert tally.num_asked == 4


async def test_clients_that_leave_are_no_loss(service: tuple[str, Service]) -> None:
    url, answering = service
    answering.translator.delays_s["slow"] = 1.0
    tally = Tally()
    body = {"text": "slow", "source_lang": "en", "target_lang": "pt"}
    async with aiohttp.ClientSession() as session:
        client = Client(session, url, random.Random(0), tally)
        await client._leave(Ask("short", "/v1/translate", body))
    assert (tally.left, tally.lost.total(), tally.num_asked) == (1, 0, 1)


@pytest.mark.parametrize("num_cut", [1, 3])
async def test_what_ended_with_its_replica_is_sent_again(num_cut: int) -> None:
    """As HAProxy answers for it, and a stream as it cuts it: in the middle of its chunks."""
    asked: Counter[str] = Counter()

    async def answer(request: web.Request) -> web.StreamResponse:
        asked[request.path] += 1
        if asked[request.path] > num_cut:
            return web.Response(body=b"event: done")
        if request.path == "/refused":
            return web.Response(status=502, headers={"Retry-After": "0"})
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        await response.write(b"event: token")
        assert request.transport is not None
        request.transport.close()
        return response

    app, tally = web.Application(), Tally()
    app.router.add_post("/{path}", answer)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        client = Client(session, str(server.make_url("")), random.Random(0), tally)
        for path in ("/refused", "/cut"):
            ask = Ask("stream", path, {"stream": path == "/cut"})
            await client._tallied("stream", lambda ask=ask: client._ask(ask))  # type: ignore[misc]
    tries = min(num_cut, 2)
    assert tally.again == {"502": tries, "a stream without its end": tries}
    assert (tally.answered.total(), tally.lost.total()) == ((2, 0) if num_cut == 1 else (0, 2))
