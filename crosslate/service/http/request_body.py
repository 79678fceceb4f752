"""What arrives as a request's body: counted, and unpacked where it is packed, never beyond the limit."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crosslate.service.errors import FieldError, ServiceError, malformed

_GZIP_WINDOW = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """How large a body may be, and the setting that says so."""

    max_bytes: int
    setting: str


class RequestBodyMiddleware:
    """Stops a request body at the limit, as sent and as unpacked, and undoes `Content-Encoding: gzip`.

    Whoever reads the body gets the refusal as a `ServiceError`: 413 over the limit, 415 another encoding, 422
    not gzip. `limit_of` has the limit of a request.
    """

    def __init__(self, app: ASGIApp, *, limit_of: Callable[[Scope], BodyLimit]) -> None:
        self._app = app
        self._limit_of = limit_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            receive = _LimitedBody(receive, scope["headers"], self._limit_of(scope))
        await self._app(scope, receive, send)


class _LimitedBody:
    """A `receive` whose messages hold the plain body."""

    def __init__(self, receive: Receive, headers: Sequence[tuple[bytes, bytes]], limit: BodyLimit) -> None:
        self._receive = receive
        self._declared_bytes = ", ".join(_values(headers, b"content-length")[:1])
        self._encoding = ", ".join(_values(headers, b"content-encoding")).strip().lower()
        self._limit = limit
        self._max_bytes = limit.max_bytes
        self._num_bytes = 0
        self._gunzip: _Gunzip | None = None

    async def __call__(self) -> Message:
        """The next message."""
        if not self._num_bytes:
            self._check_headers()
        message = await self._receive()
        if message["type"] != "http.request":
            return message
        body: bytes = message.get("body", b"")
        self._num_bytes += len(body)
        if self._num_bytes > self._max_bytes:
            raise self._too_large()
        if self._gunzip is not None:
            body = self._unpacked(self._gunzip, body, is_last=not message.get("more_body", False))
        return {**message, "body": body}

    def _check_headers(self) -> None:
        declared = self._declared_bytes
        if declared.isdecimal() and int(declared[:20]) > self._max_bytes:
            raise self._too_large()
        if self._encoding in {"gzip", "x-gzip"}:
            self._gunzip = self._gunzip or _Gunzip(self._max_bytes)
        elif self._encoding not in {"", "identity"}:
            raise ServiceError(
                "unsupported_media_type",
                "Send the body without Content-Encoding, or with Content-Encoding: gzip.",
            )

    def _unpacked(self, gunzip: _Gunzip, body: bytes, *, is_last: bool) -> bytes:
        plain = gunzip.feed(body)
        if gunzip.is_too_large:
            raise self._too_large()
        if is_last and not gunzip.is_complete:
            raise _not_gzip("it ends too early")
        return plain

    def _too_large(self) -> ServiceError:
        return ServiceError(
            "body_too_large",
            f"The request body is over {self._max_bytes} bytes ({self._limit.setting}), packed or unpacked: "
            "send less at once.",
        )


def _values(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in headers if key == name]


class _Gunzip:
    """Unpacks one gzip stream as it arrives, and no more of it than one byte over the limit."""

    def __init__(self, max_bytes: int) -> None:
        self._unpacker = zlib.decompressobj(_GZIP_WINDOW)
        self._num_left = max_bytes

    @property
    def is_too_large(self) -> bool:
        """Whether there is more in it than the limit."""
        return self._num_left < 0

    @property
    def is_complete(self) -> bool:
        """Whether its end has come."""
        return self._unpacker.eof

    def feed(self, packed: bytes) -> bytes:
        """What these bytes hold.

        Raises:
            ServiceError: 422.
        """
        if self.is_complete and packed:
            raise _not_gzip("something follows its end")
        try:
            plain = self._unpacker.decompress(packed, self._num_left + 1)
        except zlib.error:
            raise _not_gzip("it is damaged") from None
        if self._unpacker.unused_data:
            raise _not_gzip("something follows its end")
        self._num_left -= len(plain)
        return plain


def _not_gzip(why: str) -> ServiceError:
    return malformed((FieldError(("body",), f"the body cannot be unpacked as gzip: {why}"),))
