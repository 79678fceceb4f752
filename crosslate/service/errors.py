"""The one internal error of the service. Each dialect renders it in its own JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crosslate.service.problems import PROBLEMS

_MAX_LISTED = 20
"""Models that a message names."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault in a request: `loc` is the path to it, such as `("body", "text")`."""

    loc: tuple[str | int, ...]
    msg: str


class ToldError(Exception):
    """A failure whose message is made for the person at the terminal, and says what to do."""


class ServiceError(Exception):
    """A request that cannot be answered, in the words that the person who sent it needs.

    Attributes:
        code: stable and machine-readable, one of `PROBLEMS`, which has the title as well.
        detail: what was wrong here and what to do about it. Never contains the user's text.
        status: the HTTP status, if another than the native API has for the code.
        errors: the faults one by one, for 422.
        retry_after_s: for 429 and 503.
        neutral_detail: for clients of other APIs, where `detail` names what only the native one has.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int | None = None,
        errors: tuple[FieldError, ...] = (),
        retry_after_s: float | None = None,
        neutral_detail: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = PROBLEMS[code].status if status is None else status
        self.title = PROBLEMS[code].title
        self.errors = errors
        self.retry_after_s = retry_after_s
        self.neutral_detail = detail if neutral_detail is None else neutral_detail

    def with_names(self, names: Mapping[str, str]) -> ServiceError:
        """With other names in the detail: those that the one who sent the request knows."""
        if not names:
            return self
        known = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))

        def renamed(text: str) -> str:
            return re.sub(rf"(?<![\w.])(?:{known})(?!\w)", lambda found: names[found[0]], text)

        return self._reworded(renamed(self.detail), renamed(self.neutral_detail))

    def neutral(self) -> ServiceError:
        """As clients of other APIs than the native one are told."""
        if self.neutral_detail == self.detail:
            return self
        return self._reworded(self.neutral_detail, self.neutral_detail)

    def _reworded(self, detail: str, neutral_detail: str) -> ServiceError:
        return ServiceError(
            self.code,
            detail,
            status=self.status,
            errors=self.errors,
            retry_after_s=self.retry_after_s,
            neutral_detail=neutral_detail,
        )


class TooMuchTextError(ServiceError):
    """413: more than one request takes; an API that takes files adds where they go."""

    def __init__(self, detail: str) -> None:
        super().__init__("text_too_large", detail)


def not_supported(detail: str) -> ServiceError:
    """400: it is part of an API, and not served yet."""
    return ServiceError("not_supported_yet", detail)


def unknown_model(served: Iterable[str]) -> ServiceError:
    """404, with the ids of the models that there are."""
    listed = ", ".join(list(served)[:_MAX_LISTED]) or "none"
    return ServiceError("model_not_found", f"This model is not served. Served models: {listed}.")


def malformed(errors: tuple[FieldError, ...]) -> ServiceError:
    """422: the request does not have the form that the path takes."""
    first = errors[0]
    where = ".".join(str(part) for part in first.loc if part != "body")
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    detail = f"{where}: {first.msg}{more}" if where else f"{first.msg}{more}"
    return ServiceError("malformed_request", detail, errors=errors)
