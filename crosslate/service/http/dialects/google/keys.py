"""Where Google's clients have their keys."""

from __future__ import annotations

from starlette.datastructures import Headers

from crosslate.service.http.dialect import Fields, key_in, key_of_scheme


def read_key(headers: Headers, fields: Fields) -> str | None:
    """An API key, in the header or as `key`; or a token (OAuth 2.0), of which the same is made."""
    return (
        headers.get("x-goog-api-key")
        or key_in(fields, "key")
        or key_of_scheme(headers, "bearer")
        or key_in(fields, "access_token")
    )
