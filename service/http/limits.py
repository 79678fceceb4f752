"""What one request may ask for, checked before any work is done."""

from __future__ import annotations

from collections.abc import Sequence

from service.config import LimitSettings
from service.errors import FieldError, ServiceError
from service.http.errors import malformed


def as_texts(text: str | list[str]) -> list[str]:
    """A request's texts as a list."""
    return [text] if isinstance(text, str) else text


def check_texts(texts: Sequence[str], limits: LimitSettings) -> None:
    """Pass if these texts fit one request.

    Raises:
        ServiceError: 413.
    """
    if len(texts) > limits.max_texts:
        raise ServiceError(
            413,
            "too_many_texts",
            "Too many texts",
            f"The request has {len(texts)} texts, at most {limits.max_texts} are taken: "
            "send several requests.",
        )
    num_bytes = sum(len(text.encode()) for text in texts)
    if num_bytes > limits.max_text_bytes:
        raise ServiceError(
            413,
            "text_too_large",
            "Text too large",
            f"The texts have {num_bytes} bytes in UTF-8, a request takes at most {limits.max_text_bytes}: "
            "send several requests.",
        )


def effective_timeout_s(timeout_s: float | None, limits: LimitSettings) -> float:
    """The request's own time limit, or the default.

    Raises:
        ServiceError: 422 over the maximum.
    """
    if timeout_s is None:
        return limits.default_timeout_s
    if timeout_s > limits.max_timeout_s:
        raise _invalid("timeout_s", f"at most {limits.max_timeout_s:g} seconds")
    return timeout_s


def longest_timeout_s(timeout_s: float | None, limits: LimitSettings) -> float | None:
    """How far the default may grow with what there is to do; None where the request chose its limit.

    A limit that nobody chose is not to fail a large request that is getting on.
    """
    return limits.max_timeout_s if timeout_s is None else None


def check_alternatives(num_alternatives: int, limits: LimitSettings) -> None:
    """Pass if so many alternatives may be asked for.

    Raises:
        ServiceError: 422 over the maximum.
    """
    if num_alternatives > limits.max_alternatives:
        raise _invalid("num_alternatives", f"at most {limits.max_alternatives}")


def _invalid(field: str, msg: str) -> ServiceError:
    return malformed((FieldError(("body", field), msg),))
