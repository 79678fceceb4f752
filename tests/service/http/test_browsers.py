"""What browsers and caches ask for: other origins, packed answers, `Vary`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.types import Message

from crosslate.service.settings.config import CorsSettings, Settings
from tests.service.http.fakes import Service, create_service, unavailable
from tests.service.http.test_errors import ALIGN, POSTS

ORIGIN = "https://example.org"
PREFLIGHT = {
    "Origin": ORIGIN,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "content-type, x-request-id, authorization",
}


def service_for(*origins: str) -> Service:
    return create_service(Settings(cors=CorsSettings(allow_origins=origins)))


@pytest.fixture
async def open_service() -> Service:
    return service_for(ORIGIN)


@pytest.fixture
async def browser(open_service: Service) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=open_service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_without_the_setting_no_page_is_let_in(client: httpx.AsyncClient) -> None:
    preflight = await client.options("/v1/translate", headers=PREFLIGHT)
    answer = await client.post("/v1/translate", json=POSTS["/v1/translate"], headers={"Origin": ORIGIN})
    assert (preflight.status_code, answer.status_code) == (405, 200)
    for response in (preflight, answer):
        assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", [*POSTS, "/v1/models", "/nope"])
async def test_a_preflight_is_answered(browser: httpx.AsyncClient, path: str) -> None:
    response = await browser.options(path, headers=PREFLIGHT)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert {"POST", "PUT", "PATCH"} <= set(response.headers["access-control-allow-methods"].split(", "))
    allowed = response.headers["access-control-allow-headers"].split(", ")
    assert {"content-type", "x-request-id", "authorization"} <= set(allowed)
    assert response.headers["x-request-id"]


async def test_a_page_of_the_internet_may_call_a_private_address(browser: httpx.AsyncClient) -> None:
    """Chromium asks for it in the same preflight."""
    asked = {**PREFLIGHT, "Access-Control-Request-Private-Network": "true"}
    response = await browser.options("/v1/translate", headers=asked)
    assert response.status_code == 200
    assert response.headers["access-control-allow-private-network"] == "true"
    other = {**asked, "Origin": "https://example.com"}
    assert (await browser.options("/v1/translate", headers=other)).status_code == 400


async def test_other_pages_are_not_let_in(browser: httpx.AsyncClient) -> None:
    other = {"Origin": "https://example.com"}
    preflight = await browser.options("/v1/translate", headers={**PREFLIGHT, **other})
    answer = await browser.post("/v1/translate", json=POSTS["/v1/translate"], headers=other)
    for response in (preflight, answer):
        assert "access-control-allow-origin" not in response.headers
    assert "Origin" in answer.headers["vary"]


async def test_answers_errors_and_streams_say_so_too(
    open_service: Service, browser: httpx.AsyncClient
) -> None:
    headers = {"Origin": ORIGIN}
    translate = POSTS["/v1/translate"]
    open_service.translator.failures["full"] = unavailable()
    open_service.translator.failures["defect"] = ValueError()
    wanted = {
        200: translate,
        422: {},
        429: {**translate, "text": "full"},
        500: {**translate, "text": "defect"},
    }
    responses = [
        await browser.post("/v1/translate", json=wanted[status], headers=headers) for status in wanted
    ]
    assert [response.status_code for response in responses] == list(wanted)
    stream = await browser.post("/v1/translate", json={**translate, "stream": True}, headers=headers)
    assert stream.headers["content-type"].startswith("text/event-stream")
    unknown = await browser.get("/nope", headers=headers)
    for response in (*responses, stream, unknown):
        assert response.headers["access-control-allow-origin"] == ORIGIN
        assert "X-Request-ID" in response.headers["access-control-expose-headers"]
        assert response.headers["x-request-id"]


async def test_every_page_may_be_let_in() -> None:
    transport = httpx.ASGITransport(app=service_for("*").app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.get("/v1/models", headers={"Origin": ORIGIN})
    assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "origin",
    ["example.org", "https://example.org/", "https://example.org/page", "HTTPS://Example.org", "", "null"],
)
def test_an_origin_that_no_browser_sends_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="as browsers send it"):
        CorsSettings(allow_origins=(origin,))


async def test_large_answers_are_packed_for_those_who_accept_it(client: httpx.AsyncClient) -> None:
    for path in ("/metrics", "/openapi.json", "/playground/reference.js"):
        packed = await client.get(path, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip", path
        assert int(packed.headers["content-length"]) < len(packed.content) / 2
        assert "Accept-Encoding" in packed.headers["vary"]
        plain = await client.get(path, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert path == "/metrics" or plain.content == packed.content
    assert "content-encoding" not in (await client.get("/livez")).headers


async def test_events_are_sent_one_by_one_and_not_packed(service: Service) -> None:
    """The first ones are out while the translator is still at work."""
    received: asyncio.Queue[Message] = asyncio.Queue()
    content = b'{"text": "one two wait", "target_lang": "pt", "stream": true}'
    sent = iter([{"type": "http.request", "body": content}])

    async def receive() -> dict[str, Any]:
        try:
            return next(sent)
        except StopIteration:
            return await asyncio.Future()

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/translate/",
        "query_string": b"",
        "headers": [(b"accept-encoding", b"gzip"), (b"content-type", b"application/json")],
    }
    service.translator.release.clear()
    task = asyncio.ensure_future(service.app(scope, receive, received.put))
    start = await received.get()
    assert b"content-encoding" not in dict(start["headers"])
    bodies = [(await received.get())["body"] for _ in range(3)]
    assert [body.split(b"\n")[0] for body in bodies] == [b"event: token"] * 3
    assert service.translator.num_running == 1
    service.translator.release.set()
    await task


@pytest.mark.parametrize("accept", ["application/json", "image/svg+xml", "image/png"])
async def test_a_cache_tells_the_forms_of_an_alignment_apart(client: httpx.AsyncClient, accept: str) -> None:
    response = await client.post("/v1/align", json=ALIGN, headers={"Accept": accept})
    assert response.headers["content-type"] == accept
    assert "Accept" in [name.strip() for name in response.headers["vary"].split(",")]


async def test_an_odd_accept_header_means_json(client: httpx.AsyncClient) -> None:
    for accept in (b"image/png;q=nan", b"\xff", b",;,=", b"image/png;q=-1", b"image/png;q=x"):
        response = await client.post("/v1/align", json=ALIGN, headers={b"accept": accept})
        assert response.headers["content-type"] == "application/json"
