"""What one request may ask for, checked before any work is done."""

from __future__ import annotations

from collections.abc import Sequence

from crosslate.service.errors import FieldError, ServiceError, TooMuchTextError, malformed
from crosslate.service.pipeline.summarization.types import SummaryRequest
from crosslate.service.pipeline.types import TranslationRequest
from crosslate.service.settings.config import LimitSettings


def check_count(num_texts: int, limits: LimitSettings) -> None:
    """Pass if so many texts fit one request; raises `ServiceError` 413."""
    if num_texts > limits.max_texts:
        raise ServiceError(
            "too_many_texts",
            f"The request has {num_texts} texts, at most {limits.max_texts} are taken (limits.max_texts): "
            "send several requests.",
        )


def check_texts(texts: Sequence[str], limits: LimitSettings) -> None:
    """Pass if these texts fit one request.

    Raises:
        ServiceError: 413.
    """
    check_count(len(texts), limits)
    # Half of a surrogate pair is three bytes here; what reads the text refuses it.
    num_bytes = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    if num_bytes > limits.max_text_bytes:
        raise TooMuchTextError(
            f"The texts have {num_bytes} bytes in UTF-8, a request takes at most {limits.max_text_bytes} "
            "(limits.max_text_bytes): send several requests."
        )


def effective_timeout_s(timeout_s: float | None, limits: LimitSettings) -> float:
    """The request's own time limit, or the default.

    Raises:
        ServiceError: 422 over the maximum.
    """
    if timeout_s is None:
        return limits.default_timeout_s
    if timeout_s > limits.max_timeout_s:
        raise _invalid("timeout_s", f"at most {limits.max_timeout_s:g} seconds (limits.max_timeout_s)")
    return timeout_s


def longest_timeout_s(timeout_s: float | None, limits: LimitSettings) -> float | None:
    """How far the default may grow with what there is to do; None where the request chose its limit.

    A limit that nobody chose is not to fail a large request that is getting on.
    """
    return limits.max_timeout_s if timeout_s is None else None


def check_generation(request: TranslationRequest | SummaryRequest, limits: LimitSettings) -> None:
    """Pass if so many beams, tokens and alternatives may be asked for.

    Raises:
        ServiceError: 422 that names every limit that is passed.
    """
    beams, tokens = ("generation", "num_beams"), ("generation", "max_new_tokens")
    alternatives = ("num_alternatives",)
    num_alternatives = request.num_alternatives if isinstance(request, TranslationRequest) else 0
    most_alternatives, limiting = min(
        (limits.max_alternatives, "max_alternatives"),
        (limits.max_beams - 1, "max_beams"),  # the best output needs a beam as well
    )
    asked = (
        (beams, request.params.num_beams, limits.max_beams, "max_beams"),
        (tokens, request.params.max_new_tokens, limits.max_new_tokens, "max_new_tokens"),
        (alternatives, num_alternatives, most_alternatives, limiting),
    )
    faults = [
        FieldError(("body", *path), f"at most {most} (limits.{name})")
        for path, number, most, name in asked
        if number is not None and most is not None and number > most
    ]
    if faults:
        raise malformed(tuple(faults))


def _invalid(field: str, msg: str) -> ServiceError:
    return malformed((FieldError(("body", field), msg),))
