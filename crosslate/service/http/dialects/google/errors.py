"""Google's errors, in either version: `{"error": {"code", "message", "errors", "status", "details"}}`."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from crosslate.service.errors import FieldError, ServiceError
from crosslate.service.http.errors import retry_headers

_STATUSES = {
    # Not 401: its clients would fetch another token, fail at that, and show nothing of the refusal.
    "key_missing": 403,
    "key_invalid": 400,
    "quota_exceeded": 403,  # what is a 429 is sent again
}
_BAD_REQUESTS = frozenset({413, 415, 422})
_NAMES = {
    400: ("INVALID_ARGUMENT", "invalid"),
    403: ("PERMISSION_DENIED", "forbidden"),
    404: ("NOT_FOUND", "notFound"),
    405: ("UNIMPLEMENTED", "httpMethodNotAllowed"),
    408: ("DEADLINE_EXCEEDED", "requestTimeout"),
    429: ("RESOURCE_EXHAUSTED", "rateLimitExceeded"),
    500: ("INTERNAL", "backendError"),
    504: ("DEADLINE_EXCEEDED", "backendError"),
}
"""Of a status: in RPCs, and in the older clients' `reason`."""
_OTHER_FAULT, _OTHER_FAILURE = _NAMES[400], ("UNAVAILABLE", "backendError")
_REASONS = {
    "key_invalid": "badRequest",
    "malformed_request": "badRequest",
    "quota_exceeded": "dailyLimitExceeded",
}
_MESSAGES = {"key_invalid": "API key not valid. Please pass a valid API key."}
"""In Google's own words, which programs look for."""
_KINDS = {"key_invalid": "API_KEY_INVALID", "rate_limited": "RATE_LIMIT_EXCEEDED"}
_TYPES, _DOMAIN = "type.googleapis.com/google.rpc", "crosslate"


def render_error(error: ServiceError, request_id: str) -> Response:
    """Its kind is in `details`, as `google.rpc.ErrorInfo`, with the faults one by one where there are any."""
    status = _STATUSES.get(error.code, 400 if error.status in _BAD_REQUESTS else error.status)
    name, reason = _NAMES.get(status, _OTHER_FAULT if status < 500 else _OTHER_FAILURE)
    message = _MESSAGES.get(error.code, error.detail)
    first = {"message": message, "domain": "global", "reason": _REASONS.get(error.code, reason)}
    content = {
        "code": status,
        "message": message,
        "errors": [first],
        "status": name,
        "details": _details(error),
    }
    return JSONResponse({"error": content}, status, retry_headers(error))


def _details(error: ServiceError) -> list[dict[str, Any]]:
    kind = _KINDS.get(error.code, error.code.upper())
    details: list[dict[str, Any]] = [{"@type": f"{_TYPES}.ErrorInfo", "reason": kind, "domain": _DOMAIN}]
    if error.errors:
        faults = [_violation(fault) for fault in error.errors]
        details.append({"@type": f"{_TYPES}.BadRequest", "fieldViolations": faults})
    return details


def _violation(fault: FieldError) -> dict[str, str]:
    where = ".".join(str(part) for part in fault.loc if part != "body")
    return {"field": where, "description": fault.msg}
