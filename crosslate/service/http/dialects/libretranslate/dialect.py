"""LibreTranslate's API, `/translate` and what goes with it: who speaks it, with which key, and its errors."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from crosslate.service.errors import ServiceError
from crosslate.service.http.dialect import Dialect, Fields, key_in
from crosslate.service.http.dialects.libretranslate.files import DOWNLOADS
from crosslate.service.http.dialects.libretranslate.routes import PATHS, libretranslate_routes
from crosslate.service.http.dialects.paths import Claim
from crosslate.service.http.errors import retry_headers

_STATUSES = {
    "key_missing": 400,
    "key_invalid": 403,
    "key_not_for_model": 403,
    "quota_exceeded": 403,  # Mastodon reads 403 as a quota that is used up, 429 as too many requests
    "text_too_large": 400,
    "too_many_texts": 400,
}
_WORDS = {
    "key_missing": "Please contact the server operator to get an API key",
    "key_invalid": "Invalid API key",
}
"""In LibreTranslate's own words, which its clients show."""


def _render_error(error: ServiceError, request_id: str) -> Response:
    status = _STATUSES.get(error.code, 400 if error.status == 422 else error.status)
    text = _WORDS.get(error.code, error.detail)
    if status == 429:
        text = f"Slowdown: {text}"
    elif error.code == "malformed_request":
        text = f"Invalid request: {text}"
    return JSONResponse({"error": text}, status, retry_headers(error))


def _read_key(headers: Headers, fields: Fields) -> str | None:
    """LibreTranslate's own place only: an `Authorization` is for a proxy in front of it."""
    return key_in(fields, "api_key")


LIBRETRANSLATE = Dialect(
    name="libretranslate",
    routes=libretranslate_routes,
    render_error=_render_error,
    read_key=_read_key,
    claim=Claim(paths=PATHS, prefixes=(DOWNLOADS,)),
    file_path="/translate_file",
    field_names={"num_alternatives": "alternatives"},
    tells=lambda fields: "q" in fields,
)
