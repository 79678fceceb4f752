"""What answers tell browsers about pages of other origins, the same whoever gives them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from crosslate.service.http.dialect import Dialect
from crosslate.service.http.dialects.notes import HEADER as NOTES

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_EXPOSED = ("Content-Disposition", "X-Request-ID", "Retry-After", "WWW-Authenticate", NOTES)
"""To pages of other origins, besides what an API has of its own."""


def cross_origin(app: ASGIApp, allow_origins: Collection[str], dialects: Sequence[Dialect]) -> CORSMiddleware:
    """Lets pages of these origins in; `*`: of all."""
    own = {name for dialect in dialects for name in (dialect.id_header, *dialect.own_headers) if name}
    return CORSMiddleware(
        app,
        allow_origins=allow_origins,
        allow_methods=METHODS,
        allow_headers=["*"],
        # Chromium asks when a page of the internet calls a private address. Its origin is let in already.
        allow_private_network=True,
        expose_headers=[*_EXPOSED, *sorted(own)],
    )


def rules(allow_origins: Collection[str], dialects: Sequence[Dialect]) -> CORSMiddleware:
    """The same without an application: for what is answered before a request reaches one."""
    return cross_origin(_nobody, allow_origins, dialects)


async def _nobody(scope: Scope, receive: Receive, send: Send) -> None:
    raise AssertionError("nothing is handed on")
