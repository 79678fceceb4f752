"""The HTTP application: routes, middleware and error rendering around what it is given."""

from __future__ import annotations

import functools
import importlib.metadata

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from service.errors import ServiceError
from service.http import openapi
from service.http.errors import from_http_exception, from_validation_error, with_headers
from service.http.middleware import BodyLimitMiddleware, RequestMiddleware, record_of
from service.http.routes.operation import DISTRIBUTION, catalog_routes, operation_routes, page_routes
from service.http.routes.summarization import summarization_routes
from service.http.routes.translation import translation_routes
from service.http.services import Services


def create_app(services: Services) -> FastAPI:
    """An ASGI application; several may live in one process."""
    app = FastAPI(
        title="Crosslate",
        version=importlib.metadata.version(DISTRIBUTION),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(translation_routes(services))
    app.include_router(summarization_routes(services))
    app.include_router(catalog_routes(services))
    app.include_router(operation_routes(services))
    app.include_router(page_routes())
    app.openapi = functools.partial(openapi.describe, app)  # type: ignore[method-assign]
    _handle_errors(app, services)
    app.add_middleware(BodyLimitMiddleware, max_body_bytes=services.settings.limits.max_body_bytes)
    app.add_middleware(
        RequestMiddleware,
        renderers=services.renderers,
        in_flight=services.in_flight,
        metrics=services.metrics,
        logger=services.logger,
        adds_request_id=not services.server_echoes_request_id,
    )
    return app


def _handle_errors(app: FastAPI, services: Services) -> None:
    def render(request: Request, error: ServiceError) -> Response:
        record = record_of(request)
        record.error_code = error.code
        return services.renderers.render(request.url.path, error, record.request_id)

    @app.exception_handler(ServiceError)
    async def on_service_error(request: Request, error: ServiceError) -> Response:
        return render(request, error)

    @app.exception_handler(HTTPException)
    async def on_http_exception(request: Request, error: HTTPException) -> Response:
        return with_headers(render(request, from_http_exception(error)), error.headers)

    @app.exception_handler(RequestValidationError)
    async def on_validation_error(request: Request, error: RequestValidationError) -> Response:
        return render(request, from_validation_error(error))
