"""Amazon Translate's API: who speaks it, in which of its two forms, and with which key."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialect import EMPTY, Dialect, call_of
from crosslate.service.http.dialects.amazon.errors import error_renderer
from crosslate.service.http.dialects.amazon.keys import read_key
from crosslate.service.http.dialects.amazon.operation import Asked, Operation, Taken
from crosslate.service.http.dialects.amazon.operations import Operations, named
from crosslate.service.http.dialects.amazon.terminologies import DOWNLOADS, MEDIA_TYPES, Terminologies
from crosslate.service.http.dialects.amazon.wire import CBOR, JSON, Wire
from crosslate.service.http.dialects.heartbeat import answer_with_heartbeat
from crosslate.service.http.dialects.late_failures import LateFailures
from crosslate.service.http.dialects.notes import warning_header
from crosslate.service.http.dialects.paths import AMAZON_OPERATIONS, AMAZON_SERVICE, Claim
from crosslate.service.http.dialects.reading import parsed
from crosslate.service.http.services import Services
from crosslate.service.http.uploads import OPERATION as FILES

Result = TypeVar("Result")

_TARGET = "x-amz-target"
_REQUEST_ID = "x-amzn-RequestId"
_LARGE_BYTES = 64 * 1024
"""Of a body that is read beside the event loop."""
_BLANK_EVERY_S = 10.0
"""SDKs give up after 30 s (Java) or 60 s (Python) without a byte, and send again."""
_KEEP_FAILURE_S = 30.0
"""They wait up to 20 s before they send again."""
_NOTES = "Warnings"
"""A member beyond Amazon's, which its SDKs leave unread; a header says the same."""


class _Endpoint:
    """Asks operations in one of the two forms."""

    def __init__(self, services: Services, wire: Wire) -> None:
        self._services = services
        self._operations = Operations(services)
        self._wire = wire
        self._late = LateFailures(keep_s=_KEEP_FAILURE_S)
        self._blank_every_s = min(_BLANK_EVERY_S, services.settings.keepalive_s)

    async def ask(self, request: Request, name: str) -> Response:
        """The answer, within what SDKs wait for where the form has something that says nothing."""
        call = call_of(request)
        self._services.serving.identify(call)  # before the body is read
        operation = self._operations.get(name)
        with named(operation):
            content = await request.body()
            fields = await self._fields(content, operation)
        asked = Asked(request, fields, call)
        if not self._wire.may_begin_with_blanks:
            return await self._answer(operation, asked)
        sent = await _beside(content, lambda: _digest(call.key or "", name, content))
        return await answer_with_heartbeat(
            request,
            self._timed(self._answer(operation, asked), sent),
            every_s=self._blank_every_s,
            headers=warning_header(fields.notes()),
            logger=self._services.logger,
        )

    async def _fields(self, content: bytes, operation: Operation[Taken]) -> Taken:
        def read() -> Taken:
            return parsed(self._wire.read(content) if content else EMPTY, operation.takes)

        return await _beside(content, read)

    async def _answer(self, operation: Operation[Taken], asked: Asked[Taken]) -> Response:
        with named(operation, asked.fields):
            answer = await operation.answer(asked)
        notes = list(dict.fromkeys([*answer.notes, *asked.fields.notes()]))
        members = {**answer.members, _NOTES: notes} if notes else answer.members
        return self._wire.response(members, headers=warning_header(notes))

    async def _timed(self, answer: Coroutine[Any, Any, Response], sent: bytes) -> Response:
        """The answer; where the same failed too late to say so, that failure."""
        started = time.monotonic()
        try:
            self._late.check(sent)
            return await answer
        except ServiceError as error:
            if time.monotonic() - started >= self._blank_every_s:
                self._late.keep(sent, error)
            raise
        finally:
            answer.close()


async def _beside(content: bytes, work: Callable[[], Result]) -> Result:
    """What work on a body comes to; of a large one beside the event loop."""
    return await asyncio.to_thread(work) if len(content) > _LARGE_BYTES else work()


def _digest(key: str, name: str, content: bytes) -> bytes:
    """Of a request, which it tells from all others."""
    digest = sha256(repr((key, name)).encode())
    digest.update(content)
    return digest.digest()


def _json_routes(services: Services) -> APIRouter:
    router = APIRouter()
    endpoint, terminologies = _Endpoint(services, JSON), Terminologies(services)

    @router.post("/")
    async def ask(request: Request) -> Response:
        service, _, name = request.headers[_TARGET].partition(".")
        if service != AMAZON_SERVICE:
            raise ServiceError("not_found", "Of AWS' services Amazon Translate is the only one here.")
        return await endpoint.ask(request, name)

    @router.get(DOWNLOADS + "{file}")
    async def download(request: Request, file: str) -> Response:
        """What `GetTerminology` names."""
        name, _, ending = file.rpartition(".")
        if ending not in MEDIA_TYPES:
            raise ServiceError("not_found", "A terminology's file ends in .csv, .tsv or .tmx.")
        _, content = await terminologies.file(call_of(request), name, ending)
        return Response(content, media_type=MEDIA_TYPES[ending])

    return router


def _cbor_routes(services: Services) -> APIRouter:
    router = APIRouter()
    endpoint = _Endpoint(services, CBOR)

    @router.post(AMAZON_OPERATIONS + "{operation}")
    async def ask(request: Request, operation: str) -> Response:
        return await endpoint.ask(request, operation)

    return router


def _dialect(name: str, wire: Wire, routes: Callable[[Services], APIRouter], claim: Claim) -> Dialect:
    return Dialect(
        name=name,
        routes=routes,
        render_error=error_renderer(wire),
        read_key=read_key,
        claim=claim,
        id_header=_REQUEST_ID,
        file_path=FILES,
        timeout_status=400,  # its clients send again what a 5xx answers
    )


AMAZON = _dialect("amazon", JSON, _json_routes, Claim(root_header=_TARGET, prefixes=(DOWNLOADS,)))
AMAZON_CBOR = _dialect("amazon-cbor", CBOR, _cbor_routes, Claim(prefixes=(AMAZON_OPERATIONS,)))
