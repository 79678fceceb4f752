from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialect import RequestState
from crosslate.service.http.dialects.heartbeat import answer_with_heartbeat
from crosslate.service.http.errors import BrokenOffError
from crosslate.service.http.native import NATIVE
from crosslate.service.logs.logging import create_logger
from crosslate.service.serving.serving import RequestRecord
from crosslate.service.settings.config import LogSettings


def request_of(record: RequestRecord) -> Request:
    scope: dict[str, Any] = {"type": "http", "headers": []}
    RequestState(record, NATIVE).keep(scope)
    return Request(scope)


class Exchange:
    """What one answer sends, and how the client behaves."""

    def __init__(self) -> None:
        self.record = RequestRecord("r1")
        self.sent: list[Message] = []
        self.gone = asyncio.Event()
        self.first_blank = asyncio.Event()
        self.log = io.StringIO()

    async def send(self, message: Message) -> None:
        self.sent.append(message)
        if message.get("body") == b" ":
            self.first_blank.set()

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def run(self, work: Any, every_s: float) -> None:
        logger = create_logger(LogSettings(format="json"), self.log)
        request = request_of(self.record)
        response = await answer_with_heartbeat(
            request, work, every_s=every_s, headers={"X-Trace-ID": "r1"}, logger=logger
        )
        await response(request.scope, self.receive, self.send)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])


async def late(release: asyncio.Event, result: Response | Exception) -> Response:
    await release.wait()
    if isinstance(result, Exception):
        raise result
    return result


async def test_an_answer_in_time_is_left_as_it_is() -> None:
    exchange, release = Exchange(), asyncio.Event()
    release.set()
    await exchange.run(late(release, JSONResponse({"a": 1}, 201)), 60)
    assert exchange.sent[0]["status"] == 201
    assert exchange.body == b'{"a":1}'
    failure = ServiceError("queue_full", "Wait.")
    with pytest.raises(ServiceError):
        await exchange.run(late(release, failure), 60)


async def test_a_late_one_has_blanks_ahead() -> None:
    exchange, release = Exchange(), asyncio.Event()
    task = asyncio.create_task(exchange.run(late(release, JSONResponse({"a": 1})), 0.01))
    await exchange.first_blank.wait()
    release.set()
    await task
    headers = dict(exchange.sent[0]["headers"])
    assert (exchange.sent[0]["status"], headers[b"x-trace-id"]) == (200, b"r1")
    assert headers[b"content-type"] == b"application/json"
    assert b"content-length" not in headers
    assert exchange.body.startswith(b" ")
    assert exchange.body.lstrip(b" ") == b'{"a":1}'
    assert not exchange.sent[-1].get("more_body")


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (ServiceError("timeout", "Send less."), b'"timeout"'),
        (ValueError("the secret text"), b'"internal_error"'),
    ],
)
async def test_a_failure_after_a_blank_breaks_the_answer_off(failure: Exception, code: bytes) -> None:
    exchange, release = Exchange(), asyncio.Event()
    task = asyncio.create_task(exchange.run(late(release, failure), 0.01))
    await exchange.first_blank.wait()
    release.set()
    with pytest.raises(BrokenOffError):
        await task
    assert code in exchange.body
    assert exchange.sent[-1]["more_body"] is True
    assert exchange.record.error_code is not None
    assert b"secret" not in exchange.body
    assert ("request_failed" in exchange.log.getvalue()) == isinstance(failure, ValueError)


@pytest.mark.parametrize("has_begun", [False, True])
async def test_a_client_that_leaves_cancels_the_work(has_begun: bool) -> None:
    exchange, is_cancelled, has_started = Exchange(), asyncio.Event(), asyncio.Event()

    async def work() -> Response:
        has_started.set()
        try:
            await asyncio.Event().wait()
        finally:
            is_cancelled.set()
        raise AssertionError

    task = asyncio.create_task(exchange.run(work(), 0.01 if has_begun else 60))
    await (exchange.first_blank if has_begun else has_started).wait()
    if has_begun:
        exchange.gone.set()
    else:
        task.cancel()
    await asyncio.wait({task})
    assert is_cancelled.is_set()
