"""Every failure as one `ServiceError`, and the native API's rendering of it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from crosslate.service.errors import FieldError, ServiceError, malformed

_HTTP_CODES = {
    404: ("not_found", "Nothing is served here; /docs lists what is."),
    405: ("method_not_allowed", "This path takes another method; /docs lists them."),
}


class BrokenOffError(Exception):
    """Ends an answer that failed after it had begun: the connection is cut, once the failure is written."""


def problem_body(error: ServiceError, request_id: str) -> dict[str, object]:
    """RFC 9457's members, with `code`, `request_id` and the faults one by one."""
    return {
        "type": f"urn:crosslate:problem:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "request_id": request_id,
        "errors": [{"loc": list(fault.loc), "msg": fault.msg} for fault in error.errors],
    }


def problem_response(error: ServiceError, request_id: str) -> Response:
    """The native rendering, `application/problem+json`."""
    return Response(
        json.dumps(problem_body(error, request_id), ensure_ascii=False).encode(),
        status_code=error.status,
        headers=retry_headers(error),
        media_type="application/problem+json",
    )


def event_body(error: ServiceError, request_id: str) -> dict[str, object]:
    """As `problem_body`; an event has no headers, so `retry_after` stands in it where the error has one."""
    body = problem_body(error, request_id)
    for value in retry_headers(error).values():
        body["retry_after"] = int(value)
    return body


def retry_headers(error: ServiceError) -> dict[str, str]:
    """`Retry-After` in whole seconds, at least one, where the error says when to come back."""
    if error.retry_after_s is None:
        return {}
    return {"Retry-After": str(max(1, math.ceil(error.retry_after_s)))}


def challenge(error: ServiceError) -> str:
    """`WWW-Authenticate`, which a 401 must have; as RFC 6750 has it for keys that are sent as `Bearer`."""
    return 'Bearer realm="crosslate"' + (', error="invalid_token"' if error.code == "key_invalid" else "")


def from_http_exception(error: HTTPException) -> ServiceError:
    """What the router raises, 404 and 405, and the reader of forms, 400."""
    code, detail = _HTTP_CODES.get(error.status_code, ("bad_request", str(error.detail)))
    return ServiceError(code, detail, status=error.status_code)


def from_validation_error(error: RequestValidationError) -> ServiceError:
    """What FastAPI finds in query strings and path parameters."""
    faults = tuple(FieldError(tuple(item["loc"]), item["msg"]) for item in error.errors())
    return malformed(faults)


def with_headers(response: Response, headers: Mapping[str, str] | None) -> Response:
    """The response with further headers, such as `Allow`."""
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response
