"""What can go wrong between a client and a server, as exceptions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a request; `loc` is the path to it, such as `("body", "text")`."""

    loc: tuple[str | int, ...]
    msg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a server says of a request that it does not serve (RFC 9457).

    Attributes:
        status: the HTTP status.
        code: stable, for programs, such as `unsupported_language_pair`; `unknown` where the answer is not
            Crosslate's, as that of a proxy before it.
        title: the same for every problem of a code.
        detail: what was wrong here, and what to do about it.
        request_id: what the server's log knows the request by.
        errors: the faults one by one, of a malformed request.
        retry_after_s: seconds after which the same may be sent again, where the server says so.
    """

    status: int
    code: str
    title: str
    detail: str
    request_id: str | None = None
    errors: tuple[Fault, ...] = ()
    retry_after_s: float | None = None


class CrosslateError(Exception):
    """Every failure of a client. No message holds a text that was sent."""


class ConnectionFailedError(CrosslateError):
    """The server could not be reached, did not answer in time, or ended in the middle of an answer.

    Attributes:
        was_sent: whether the request may have reached the server.
        has_timed_out: whether it was this client that did not wait longer.
    """

    def __init__(self, message: str, *, was_sent: bool, has_timed_out: bool = False) -> None:
        super().__init__(message)
        self.was_sent = was_sent
        self.has_timed_out = has_timed_out


class UnexpectedAnswerError(CrosslateError):
    """The answer is not what this version of the client knows: most likely another server's."""


class ApiError(CrosslateError):
    """The server's refusal; what it says is in `problem`."""

    def __init__(self, problem: Problem) -> None:
        about = f" (request {problem.request_id})" if problem.request_id else ""
        super().__init__(f"{problem.status} {problem.code}: {problem.detail}{about}")
        self.problem = problem

    @property
    def code(self) -> str:
        """As in `problem`: what a program goes by."""
        return self.problem.code


class InvalidRequestError(ApiError):
    """4xx: the request itself cannot be served, however often it is sent."""


class AuthenticationError(InvalidRequestError):
    """401, 403: the key is missing, wrong, or not for this model."""


class NotFoundError(InvalidRequestError):
    """404: no such model, glossary, document or path."""


class RateLimitError(ApiError):
    """429: more than the key may send, or more than the server can take at the moment."""


class ServerError(ApiError):
    """5xx: the server failed, is loading or stopping, or was too slow (504)."""


class DocumentFailedError(CrosslateError):
    """A document could not be translated.

    Attributes:
        code: as a problem's.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


_BY_STATUS: dict[int, type[ApiError]] = {
    401: AuthenticationError,
    403: AuthenticationError,
    404: NotFoundError,
    429: RateLimitError,
}


def api_error(problem: Problem) -> ApiError:
    """The exception for a problem's status."""
    if problem.status in _BY_STATUS:
        return _BY_STATUS[problem.status](problem)
    return ServerError(problem) if problem.status >= 500 else InvalidRequestError(problem)
