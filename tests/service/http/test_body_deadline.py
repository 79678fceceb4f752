from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from crosslate.service.settings.config import LimitSettings, Settings
from tests.service.http.fakes import create_service


async def dripping() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(0.01)


async def stopping() -> AsyncIterator[bytes]:
    yield b'{"text": '
    await asyncio.sleep(3600)


async def in_parts() -> AsyncIterator[bytes]:
    for part in (b'{"text": "a b",', b' "source_lang": "en",', b' "target_lang": "pt"}'):
        yield part
        await asyncio.sleep(0.01)


@pytest.fixture
async def client(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    service = create_service(Settings(limits=LimitSettings(body_timeout_s=getattr(request, "param", 0.5))))
    transport = httpx.ASGITransport(app=service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.mark.parametrize("body", [dripping, stopping])
@pytest.mark.parametrize("path", ["/v1/translate", "/v1/summarize", "/v1/align", "/v1/detect"])
async def test_a_body_that_does_not_end_is_a_408(client: httpx.AsyncClient, body: object, path: str) -> None:
    response = await client.post(path, content=body())  # type: ignore[operator]
    assert response.status_code == 408
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == "request_timeout"
    assert "limits.body_timeout_s" in response.json()["detail"]


@pytest.mark.parametrize("client", [60.0], indirect=True)
async def test_a_body_in_parts_is_read(client: httpx.AsyncClient) -> None:
    assert (await client.post("/v1/translate", content=in_parts())).status_code == 200


async def test_what_comes_after_the_body_has_no_such_limit(client: httpx.AsyncClient) -> None:
    """A stream, during which the client's leaving is waited for."""
    content = {"text": "a b", "source_lang": "en", "target_lang": "pt", "stream": True}
    response = await client.post("/v1/translate", json=content)
    assert response.status_code == 200
    assert "event: done" in response.text
