"""The HTTP application: routes, middleware and error rendering around what it is given."""

from __future__ import annotations

import dataclasses
import functools
import importlib.metadata
from collections.abc import Callable, Sequence

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.exceptions import HTTPException
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Scope

from crosslate.service.errors import ServiceError
from crosslate.service.http import openapi
from crosslate.service.http.body_deadline import BodyDeadlineMiddleware
from crosslate.service.http.cross_origin import cross_origin
from crosslate.service.http.dialect import Dialect, DialectMiddleware, DialectRoutes, state_of
from crosslate.service.http.errors import from_http_exception, from_validation_error, with_headers
from crosslate.service.http.middleware import DefectMiddleware, RequestMiddleware
from crosslate.service.http.native import NATIVE
from crosslate.service.http.request_body import BodyLimit, RequestBodyMiddleware
from crosslate.service.http.routes.operation import DISTRIBUTION, operation_routes
from crosslate.service.http.routes.pages import page_routes
from crosslate.service.http.routing import LenientRoutingMiddleware, allowed_methods
from crosslate.service.http.services import Services
from crosslate.service.http.uploads import largest_body, takes_files
from crosslate.service.settings.config import Settings

_LEAST_PACKED_BYTES = 1024
_PACKING_LEVEL = 5
"""Most of what there is to gain, at a third of the time of the highest."""
_NOT_PACKED = ("text/event-stream", "image/png")
"""Of what is answered. The middleware reads the list anew for each request, and its own is long."""


def create_app(services: Services, dialects: Sequence[Dialect] = ()) -> FastAPI:
    """An ASGI application of the native API and these besides; several may live in one process."""
    app = _bare_app()
    dialects = [_offered(dialect, services) for dialect in dialects]
    app.router.routes += [DialectRoutes(dialects, services)] if dialects else []
    app.router.routes += NATIVE.routes(services).routes
    settings = services.settings
    describe = functools.partial(openapi.describe, app, settings=settings)
    app.include_router(
        page_routes(
            describe,
            links_metrics=settings.operation_port is None,
            max_text_bytes=settings.limits.max_text_bytes,
        )
    )
    _handle_errors(app)
    _add_middleware(app, services, dialects)
    return app


def create_operation_app(services: Services) -> FastAPI:
    """An ASGI application of the probes and metrics alone, for `operation_port`."""
    app = _bare_app()
    app.include_router(operation_routes(services, services.front))
    _handle_errors(app)
    _add_middleware(app, services, ())
    return app


def _offered(dialect: Dialect, services: Services) -> Dialect:
    """Nobody is led to where files are taken by a service that takes none."""
    return dialect if services.documents.are_on else dataclasses.replace(dialect, file_path=None)


class _Application(FastAPI):
    """With our middleware, and of FastAPI's what renders errors and closes what its routes open.

    Each layer is passed anew whenever a request that waited goes on. `DefectMiddleware` answers for failures.
    """

    def build_middleware_stack(self) -> ASGIApp:
        app: ASGIApp = AsyncExitStackMiddleware(self.router)
        app = ExceptionMiddleware(app, handlers=self.exception_handlers)
        for make, args, options in reversed(self.user_middleware):
            app = make(app, *args, **options)
        return app


def _bare_app() -> FastAPI:
    return _Application(
        title="Crosslate",
        version=importlib.metadata.version(DISTRIBUTION),
        openapi_url=None,
        generate_unique_id_function=openapi.operation_id,
        redirect_slashes=False,
        # Ours is in `tracing`. FastAPI's would tell what an exception says, with a user's text maybe.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )


def _add_middleware(app: FastAPI, services: Services, dialects: Sequence[Dialect]) -> None:
    """The innermost first."""
    if dialects:
        app.add_middleware(DialectMiddleware, dialects=dialects)
    limits = services.settings.limits
    app.add_middleware(BodyDeadlineMiddleware, timeout_s=limits.body_timeout_s, is_slow=takes_files)
    app.add_middleware(RequestBodyMiddleware, limit_of=_body_limits(services.settings))
    app.add_middleware(
        GZipMiddleware,
        minimum_size=_LEAST_PACKED_BYTES,
        compresslevel=_PACKING_LEVEL,
        exclude_content_types=_NOT_PACKED,
    )
    app.add_middleware(LenientRoutingMiddleware)
    app.add_middleware(DefectMiddleware, logger=services.logger)
    if services.settings.cors.allow_origins:
        app.add_middleware(
            cross_origin, allow_origins=services.settings.cors.allow_origins, dialects=dialects
        )
    if services.tracer is not None:
        from crosslate.service.http.tracing import TracingMiddleware

        app.add_middleware(TracingMiddleware, tracer=services.tracer)
    app.add_middleware(
        RequestMiddleware,
        default=_offered(NATIVE, services),
        in_flight=services.in_flight,
        metrics=services.metrics,
        logger=services.logger,
        adds_request_id=not services.server_echoes_request_id,
    )


def _body_limits(settings: Settings) -> Callable[[Scope], BodyLimit]:
    usual = BodyLimit(settings.limits.max_body_bytes, "limits.max_body_bytes")
    max_bytes = settings.documents.max_bytes

    def limit_of(scope: Scope) -> BodyLimit:
        if not takes_files(scope):
            return usual
        return BodyLimit(largest_body(scope, max_bytes), "documents.max_bytes")

    return limit_of


def _handle_errors(app: FastAPI) -> None:
    def render(request: Request, error: ServiceError) -> Response:
        state = state_of(request.scope)
        state.record.fail(error)
        return state.dialect.error_response(error, state.record.request_id)

    @app.exception_handler(ServiceError)
    async def on_service_error(request: Request, error: ServiceError) -> Response:
        return render(request, error)

    @app.exception_handler(HTTPException)
    async def on_http_exception(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if "Allow" in headers:
            headers["Allow"] = allowed_methods(app.router.routes, request.scope)
        return with_headers(render(request, from_http_exception(error)), headers)

    @app.exception_handler(RequestValidationError)
    async def on_validation_error(request: Request, error: RequestValidationError) -> Response:
        return render(request, from_validation_error(error))
