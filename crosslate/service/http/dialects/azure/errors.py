"""Azure's errors: `{"error": {"code": 400036, "message": ...}}`, a number for each kind of fault."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from crosslate.service.errors import ServiceError
from crosslate.service.http.errors import retry_headers

_STATUS_AND_NUMBER = {
    "malformed_request": (400, 400000),
    "not_supported_yet": (400, 400000),
    "invalid_text": (400, 400005),
    "invalid_markup": (400, 400005),
    "unsupported_language_pair": (400, 400023),
    "text_too_long": (400, 400050),
    "too_many_texts": (400, 400072),
    "text_too_large": (400, 400077),
    "body_too_large": (400, 400077),
    "key_missing": (401, 401000),
    "key_invalid": (401, 401000),
    "key_not_for_model": (403, 403000),
    "quota_exceeded": (403, 403001),
    "request_timeout": (408, 408002),
}
"""Others have their status, and a thousand times it."""
_BAD_REQUESTS = frozenset({413, 422})
"""Statuses that Azure does not have."""


class RefusalError(ServiceError):
    """A 400 of a kind that only this API tells apart, by its number."""

    def __init__(self, number: int, detail: str) -> None:
        super().__init__("malformed_request", detail, status=400)
        self.number = number


def render_error(error: ServiceError, request_id: str) -> Response:
    """Always JSON: its clients read nothing else."""
    status = 400 if error.status in _BAD_REQUESTS else error.status
    status, number = _STATUS_AND_NUMBER.get(error.code, (status, status * 1000))
    if isinstance(error, RefusalError):
        number = error.number
    content = {"error": {"code": number, "message": error.detail}}
    return JSONResponse(content, status, retry_headers(error))
