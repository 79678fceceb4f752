"""Amazon's errors: `{"__type": "InvalidRequestException", "Message": ...}`, and what makes SDKs ask again.

They ask again where the status is 429, 500, 502, 503 or 504, or the name that of too many requests, for which
they take `LimitExceededException`, too: what would fail again has neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialects.amazon.wire import Wire
from crosslate.service.http.errors import retry_headers

INVALID_REQUEST = "InvalidRequestException"
INVALID_VALUE = "InvalidParameterValueException"
UNSUPPORTED = "UnsupportedLanguagePairException"
TOO_LARGE = "TextSizeLimitExceededException"
_NAMES = {
    "body_too_large": TOO_LARGE,
    "document_not_found": "ResourceNotFoundException",
    "documents_off": "UnsupportedOperationException",
    "glossary_not_found": "ResourceNotFoundException",
    "key_invalid": "UnrecognizedClientException",
    "key_missing": "MissingAuthenticationTokenException",
    "key_not_for_model": "AccessDeniedException",
    "method_not_allowed": "UnknownOperationException",
    "not_found": "UnknownOperationException",
    "not_supported_yet": "UnsupportedOperationException",
    "quota_exceeded": "ServiceQuotaExceededException",
    "request_timeout": "RequestTimeoutException",
    "text_too_large": TOO_LARGE,
    "text_too_long": TOO_LARGE,
    "unsupported_language_pair": UNSUPPORTED,
}
_KEPT_STATUSES = frozenset({404, 405, 408})
_OF_STATUS = {429: "TooManyRequestsException", 503: "ServiceUnavailableException"}
_FAILURE = "InternalServerException"


class NamedError(ServiceError):
    """A failure that an operation has a name of its own for, and what else its clients are told of it."""

    def __init__(self, error: ServiceError, name: str, members: Mapping[str, str] | None = None) -> None:
        super().__init__(error.code, error.detail, status=400, errors=error.errors)
        self.name = name
        self.members = members or {}


def error_renderer(wire: Wire) -> Callable[[ServiceError, str], Response]:
    """For one of the two forms. The name stands in the body, where every SDK looks for it."""

    def render(error: ServiceError, request_id: str) -> Response:
        name, status, members = _told(error)
        content: dict[str, Any] = {"__type": wire.error_prefix + name, "Message": error.detail, **members}
        return wire.response(content, status, retry_headers(error))

    return render


def _told(error: ServiceError) -> tuple[str, int, Mapping[str, str]]:
    if isinstance(error, NamedError):
        return error.name, error.status, error.members
    if error.code in _NAMES:
        return _NAMES[error.code], error.status if error.status in _KEPT_STATUSES else 400, {}
    if error.status in _OF_STATUS:
        return _OF_STATUS[error.status], error.status, {}
    return (_FAILURE, error.status, {}) if error.status >= 500 else (INVALID_REQUEST, 400, {})
