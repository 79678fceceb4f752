from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from starlette.types import Message

from crosslate.service.errors import ServiceError
from crosslate.service.http.sse import EventStreamResponse, WorkCancelledError
from crosslate.service.settings.config import Settings
from tests.service.http.fakes import Service, create_service, unavailable

Event = tuple[str, dict[str, Any]]


def parse(text: str) -> list[Event]:
    """By the rules of the HTML standard, for events of one data line."""
    events = []
    for block in text.split("\n\n"):
        lines = [line for line in block.split("\n") if line and not line.startswith(":")]
        if lines:
            name, data = lines
            events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


def body(text: str, **fields: object) -> dict[str, Any]:
    return {"text": text, "target_lang": "pt", "source_lang": "en", "stream": True, **fields}


async def test_the_stream_ends_with_the_plain_answer(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/translate", json=body("one two three", alignment="links"))
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-accel-buffering"] == "no"
    assert "content-length" not in response.headers
    events = parse(response.text)
    assert [name for name, _ in events] == ["token", "token", "token", "segment", "alignment", "done"]
    plain = await client.post("/v1/translate", json=body("one two three", alignment="links", stream=False))
    assert events[-1][1] == plain.json()
    assert events[-2][1] == plain.json()["translations"][0]["alignment"]
    streamed = "".join(data["text"] for name, data in events if name in ("token", "segment"))
    assert streamed == plain.json()["translations"][0]["text"]


async def test_a_list_of_one_text_streams(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/translate", json={**body(""), "text": ["a"]})
    assert parse(response.text)[-1][0] == "done"


async def test_errors_before_the_first_event_are_plain_responses(
    service: Service, client: httpx.AsyncClient
) -> None:
    service.translator.failures["x"] = unavailable()
    response = await client.post("/v1/translate", json=body("x"))
    assert (response.status_code, response.headers["retry-after"]) == (429, "3")
    service.translator.failures["x"] = ValueError("the secret text")
    response = await client.post("/v1/translate", json=body("x"))
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert service.translator.num_running == 0


@pytest.mark.parametrize(
    ("failure", "code", "status"),
    [
        (ServiceError("timeout", "It took too long."), "timeout", 504),
        (ValueError("the secret text"), "internal_error", 500),
    ],
)
async def test_errors_after_it_are_the_terminal_event(
    service: Service, client: httpx.AsyncClient, failure: Exception, code: str, status: int
) -> None:
    service.translator.failures["two"] = failure
    response = await client.post("/v1/translate", json=body("one two three"))
    assert response.status_code == 200
    events = parse(response.text)
    assert [name for name, _ in events] == ["token", "token", "error"]
    problem = events[-1][1]
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["request_id"] == response.headers["x-request-id"]
    assert "secret" not in response.text + service.log.getvalue()
    assert json.loads(service.log.getvalue().splitlines()[-1])["error"] == code


@pytest.mark.parametrize("failure", [unavailable(), ServiceError("timeout", "Too late.")])
async def test_the_event_says_when_to_ask_again_as_a_header_would(
    service: Service, client: httpx.AsyncClient, failure: ServiceError
) -> None:
    service.translator.failures["two"] = failure
    (*_, (name, problem)) = parse((await client.post("/v1/translate", json=body("one two three"))).text)
    assert name == "error"
    assert problem.get("retry_after") == (None if failure.retry_after_s is None else 3)


class Connection:
    """An ASGI connection that a test can watch and close."""

    def __init__(self, service: Service, content: dict[str, Any]) -> None:
        self._service = service
        self._content = json.dumps(content).encode()
        self.sent: asyncio.Queue[Message] = asyncio.Queue()
        self.closed = asyncio.Event()
        self._was_read = False

    async def run(self) -> None:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": "/v1/translate",
            "raw_path": b"/v1/translate",
            "root_path": "",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
        }
        await self._service.app(scope, self._receive, self._send)

    async def next_chunk(self) -> bytes:
        message = await self.sent.get()
        return bytes(message.get("body", b""))

    async def _receive(self) -> Message:
        if not self._was_read:
            self._was_read = True
            return {"type": "http.request", "body": self._content, "more_body": False}
        await self.closed.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.sent.put_nowait(dict(message))


async def test_tokens_arrive_one_by_one(service: Service) -> None:
    connection = Connection(service, body("wait now"))
    running = asyncio.create_task(connection.run())
    assert await connection.next_chunk() == b""
    assert b"WAIT" in await connection.next_chunk()
    assert connection.sent.empty()
    service.translator.release.set()
    assert b"NOW" in await connection.next_chunk()
    await running


async def test_a_client_that_leaves_frees_its_slot(service: Service) -> None:
    connection = Connection(service, body("wait now"))
    running = asyncio.create_task(connection.run())
    await connection.next_chunk()
    await connection.next_chunk()
    assert service.translator.num_running == 1
    connection.closed.set()
    await running
    assert service.translator.num_running == 0
    assert service.in_flight.count == 0


@pytest.mark.parametrize("text", ["wait now", "now"])
async def test_a_cancelled_handler_frees_its_slot(service: Service, text: str) -> None:
    connection = Connection(service, body(text))
    running = asyncio.create_task(connection.run())
    await service.translator.started.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert service.translator.num_running == 0


async def test_a_silent_stream_is_kept_alive() -> None:
    service = create_service(Settings(keepalive_s=0.01))
    connection = Connection(service, body("wait now"))
    running = asyncio.create_task(connection.run())
    chunks: list[bytes] = []
    async with asyncio.timeout(60):  # what is said may come before a ping or after it
        while chunks[-2:] != [b": ping\n\n"] * 2:
            chunks.append(await connection.next_chunk())
    service.translator.release.set()
    await running
    rest = b"".join([await connection.next_chunk() for _ in range(connection.sent.qsize())])
    assert parse(rest.decode())[-1][0] == "done"


@pytest.mark.parametrize("num_before", [0, 1])
async def test_work_that_is_cancelled_from_within_ends_the_stream_too(num_before: int) -> None:
    """As where what it waits for is cancelled: whoever reads must not be sent pings for ever."""

    async def events() -> AsyncGenerator[bytes, None]:
        for _ in range(num_before):
            yield b"event"
        raise asyncio.CancelledError

    async def read() -> list[bytes]:
        response = await EventStreamResponse.start(
            events(), keepalive_s=30, render_error=lambda error: type(error).__name__.encode()
        )
        return [bytes(chunk) async for chunk in response.body_iterator]  # type: ignore[arg-type]

    async with asyncio.timeout(5):
        if num_before:
            assert await read() == [b"event", b"WorkCancelledError"]
        else:
            with pytest.raises(WorkCancelledError):
                await read()
