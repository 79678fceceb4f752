"""One API among those that the same models are served through, as a value; and which one a request speaks."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crosslate.service.errors import ServiceError, TooMuchTextError
from crosslate.service.http.body import first_json_value
from crosslate.service.http.dialects.paths import Claim, path_of, united
from crosslate.service.http.errors import challenge
from crosslate.service.http.services import Services
from crosslate.service.logs.logging import Logger, log_defect
from crosslate.service.serving.serving import Call, RequestRecord

Fields = Mapping[str, Any]
"""A body's members, not checked yet: of a JSON object or of a form; none where it is neither."""

EMPTY: Fields = MappingProxyType({})
_STATE_KEY = "crosslate.request"
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What tells one API from another. All of them ask the models through `serving`."""

    name: str
    routes: Callable[[Services], APIRouter]
    render_error: Callable[[ServiceError, str], Response]
    """From an error and the request id: every failure, those of routing and of the body included."""
    read_key: Callable[[Headers, Fields], str | None]
    """The client's key, from wherever this API has it."""
    claim: Claim
    """Which requests may be this API's: of unknown paths too, for their 404."""
    tells: Callable[[Fields], bool] = lambda fields: True
    """Asked only where several claim a request: whether its body is this API's."""
    id_header: str | None = None
    """Under which its answers have the request's id, besides `X-Request-ID`."""
    own_headers: tuple[str, ...] = ()
    """What else its answers have that pages of other origins are to read."""
    field_names: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What a native field that an error may name is called in this API."""
    file_path: str | None = None
    """Where it takes whole files, if it does: told to who sends too much text."""
    timeout_status: int = 504
    """For a missed deadline. A client that sends the same again on every 5xx needs another."""
    is_native: bool = False
    """Whether it has all fields and paths that an error may name."""

    def error_response(self, error: ServiceError, request_id: str) -> Response:
        """The failure in this API's form."""
        if isinstance(error, TooMuchTextError) and self.file_path is not None:
            error = TooMuchTextError(f"{error.detail} A file to translate is sent to {self.file_path}.")
        if not self.is_native:
            error = error.neutral()
        if error.code == "timeout" and error.status != self.timeout_status:
            error = ServiceError(error.code, error.detail, status=self.timeout_status)
        response = self.render_error(error.with_names(self.field_names), request_id)
        if response.status_code == 401:
            response.headers["WWW-Authenticate"] = challenge(error)
        if self.id_header is not None:
            response.headers[self.id_header] = request_id
        return response


@dataclass(slots=True)
class RequestState:
    """What belongs to one request: its record, and the dialect that it was resolved to."""

    record: RequestRecord
    dialect: Dialect

    def keep(self, scope: Scope) -> None:
        """For all that handle the request from here on."""
        scope[_STATE_KEY] = self

    def told(self, error: Exception, logger: Logger) -> ServiceError:
        """What is said of a failure, and noted in the record; a defect of ours is logged, and not shown."""
        if not isinstance(error, ServiceError):
            log_defect(logger, self.record.request_id, error)
            error = ServiceError("internal_error", "The server failed on this request; its log tells why.")
        self.record.fail(error)
        return error


def state_of(scope: Scope) -> RequestState:
    """Of the request under way."""
    state: RequestState = scope[_STATE_KEY]
    return state


def call_of(request: Request, *, fields: Fields = EMPTY, timeout_s: float | None = None) -> Call:
    """What `Serving` needs of a request besides its texts, whatever its dialect."""
    state = state_of(request.scope)
    key = state.dialect.read_key(request.headers, fields)
    return Call(record=state.record, key=key, timeout_s=timeout_s)


def key_of_scheme(headers: Headers, *schemes: str) -> str | None:
    """The key that stands in `Authorization` behind one of these schemes, in lower case."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() or None if scheme.lower() in schemes else None


def key_in(fields: Fields, name: str) -> str | None:
    """The key that a field holds. Of a JSON body's fields nobody has made sure yet that they are texts."""
    key = fields.get(name)
    return key if isinstance(key, str) and key else None


class DialectMiddleware:
    """Resolves a request to the first of `dialects` that it speaks; else it stays with the default.

    By its head where that is enough. Several APIs have the path `/translate`, some of them without anything
    else in the head that tells them apart: then the body is read ahead of the route.
    """

    def __init__(self, app: ASGIApp, *, dialects: Sequence[Dialect]) -> None:
        self._app = app
        self._dialects = dialects
        self._claims = united(dialect.claim for dialect in dialects)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and self._claims.have(path_of(scope)):
            request = Request(scope)
            claiming = [dialect for dialect in self._dialects if dialect.claim.covers(request)]
            if claiming:
                state_of(scope).dialect = claiming[0]
            if len(claiming) > 1:
                body, receive = await _read_ahead(receive)
                fields = _fields(request.headers.get("content-type", ""), body)
                telling = (dialect for dialect in claiming if dialect.tells(fields))
                state_of(scope).dialect = next(telling, claiming[0])
        await self._app(scope, receive, send)


class DialectRoutes(BaseRoute):
    """Hands what speaks a dialect to that dialect's routes alone, so that several may share a path."""

    def __init__(self, dialects: Sequence[Dialect], services: Services) -> None:
        self._routers = {dialect.name: dialect.routes(services) for dialect in dialects}

    def routes_of(self, scope: Scope) -> Sequence[BaseRoute]:
        """Those of the request's dialect."""
        return self._routers[state_of(scope).dialect.name].routes

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whatever the path: an unknown one is the dialect's 404."""
        is_ours = scope["type"] == "http" and state_of(scope).dialect.name in self._routers
        return (Match.FULL if is_ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """By the dialect's own route."""
        dialect = state_of(scope).dialect
        name = dialect.id_header
        send = send if name is None else _identified(scope, send, name)
        await self._routers[dialect.name](scope, receive, send)


def _identified(scope: Scope, send: Send, header: str) -> Send:
    async def send_identified(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)[header] = state_of(scope).record.request_id
        await send(message)

    return send_identified


async def _read_ahead(receive: Receive) -> tuple[bytes, Receive]:
    """The body, and a `receive` that gives it once more; and so the refusal that it met."""
    messages: deque[Message] = deque()
    refusal: ServiceError | None = None
    is_complete = False
    try:
        while not is_complete:
            messages.append(await receive())
            is_complete = not messages[-1].get("more_body", False)
    except ServiceError as error:
        refusal = error
    body = b"".join(message.get("body", b"") for message in messages)

    async def again() -> Message:
        if messages:
            return messages.popleft()
        if refusal is not None:
            raise refusal
        return await receive()

    return body, again


def _fields(content_type: str, body: bytes) -> Fields:
    try:
        if content_type.partition(";")[0].strip().lower() == _FORM:
            return dict(parse_qsl(body.decode(), keep_blank_values=True))
        content = first_json_value(body)
    except ValueError:
        return EMPTY  # the route says what is wrong with it
    return content if isinstance(content, dict) else EMPTY
