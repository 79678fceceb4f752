"""Half of a surrogate pair, as JSON can have it: no character, and in no text."""

from __future__ import annotations

from crosslate.service.errors import ServiceError


def check_unicode(text: str, name: str) -> None:
    """Raises `ServiceError` 422 `invalid_text` for lone surrogates, which no text has."""
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ServiceError(
            "invalid_text",
            f"{name} has half of a surrogate pair at position {error.start}. "
            "Send characters beyond U+FFFF whole.",
        ) from None
