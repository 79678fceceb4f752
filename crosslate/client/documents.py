"""Waiting for a document, also for a server that is away meanwhile: the work is in its store, and goes on."""

from __future__ import annotations

import time

from crosslate.client.errors import ApiError, ConnectionFailedError, CrosslateError, DocumentFailedError
from crosslate.client.resources import Document

_FIRST_S, _LONGEST_S, _GROWTH = 0.1, 2.0, 1.5
ABSENCE_S = 600.0
"""How long a server may be away where nobody said how long to wait: longer than one starts anew."""
_PASSING = frozenset({429, 502, 503, 504})
"""The server, or a proxy before it, says that it is not there or has no time."""


class Patience:
    """How long to pause between two questions about a document, and when to ask no more.

    Args:
        timeout_s: until then; None: as long as it takes, and as long as the server is not away for
            `ABSENCE_S` on end.
    """

    def __init__(self, timeout_s: float | None) -> None:
        self._timeout_s = timeout_s
        self._started = time.monotonic()
        self._answered = self._started
        self._pause_s = _FIRST_S

    def after_answer(self) -> float:
        """Seconds, longer and longer.

        Raises:
            TimeoutError: the time is over.
        """
        self._answered = time.monotonic()
        return self._pause()

    def after_failure(self, error: CrosslateError) -> float:
        """Seconds until the server may be back.

        Raises:
            CrosslateError: the failure itself, if it is none that passes, or has lasted too long.
            TimeoutError: the time is over.
        """
        asked_s = (isinstance(error, ApiError) and error.problem.retry_after_s) or 0.0
        back_s = time.monotonic() + asked_s - self._answered
        if not _passes(error) or (self._timeout_s is None and back_s > ABSENCE_S):
            raise error
        return self._pause(asked_s, error)

    def _pause(self, least_s: float = 0.0, error: CrosslateError | None = None) -> float:
        pause_s = max(self._pause_s, least_s)
        self._pause_s = min(_LONGEST_S, self._pause_s * _GROWTH)
        if self._timeout_s is None:
            return pause_s
        left_s = self._started + self._timeout_s - time.monotonic()
        if left_s <= 0:
            why = "" if error is None else f"; the last answer was: {error}"
            raise TimeoutError(
                f"the document was not translated within {self._timeout_s:g} s{why}"
            ) from error
        return min(pause_s, left_s)


def _passes(error: CrosslateError) -> bool:
    if isinstance(error, ApiError):
        return error.problem.status in _PASSING
    return isinstance(error, ConnectionFailedError)


def check_finished(document: Document) -> bool:
    """Whether it is translated.

    Raises:
        DocumentFailedError: it could not be.
    """
    if document.state == "failed":
        code, detail = ("", "") if document.error is None else (document.error.code, document.error.detail)
        raise DocumentFailedError(code, detail)
    return document.state == "done"
