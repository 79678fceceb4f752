"""DeepL's errors: `{"message": ..., "detail": ...}`, both of them strings."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from crosslate.service.errors import ServiceError
from crosslate.service.http.errors import retry_headers

_STATUSES = {
    "key_missing": 403,
    "key_invalid": 403,
    "key_not_for_model": 403,
    "quota_exceeded": 456,
}
_MESSAGES = {"invalid_markup": "Tag handling parsing failed, please check input."}
"""What its clients may look for; the fault itself is then in `detail`."""
_MAX_FAULTS = 5


def render_error(error: ServiceError, request_id: str) -> Response:
    """What its clients show to people: the fault; of several, each in `detail`."""
    content = {"message": _MESSAGES.get(error.code, error.detail)}
    if error.code in _MESSAGES:
        content["detail"] = error.detail
    if len(error.errors) > 1:
        content["detail"] = "; ".join(
            f"{'.'.join(str(part) for part in fault.loc if part != 'body')}: {fault.msg}"
            for fault in error.errors[:_MAX_FAULTS]
        )
    status = _STATUSES.get(error.code, 400 if error.status == 422 else error.status)
    return JSONResponse(content, status, retry_headers(error))
