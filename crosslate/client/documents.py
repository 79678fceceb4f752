"""Waiting for a document."""

from __future__ import annotations

import time
from collections.abc import Iterator

from crosslate.client.errors import DocumentFailedError
from crosslate.client.resources import Document

_FIRST_S, _LONGEST_S, _GROWTH = 0.1, 2.0, 1.5


def pauses(timeout_s: float | None) -> Iterator[float]:
    """Seconds between two questions, longer and longer, until the time is over."""
    end = None if timeout_s is None else time.monotonic() + timeout_s
    pause_s = _FIRST_S
    while end is None or time.monotonic() < end:
        yield pause_s if end is None else min(pause_s, max(0.0, end - time.monotonic()))
        pause_s = min(_LONGEST_S, pause_s * _GROWTH)


def check_finished(document: Document) -> bool:
    """Whether it is translated.

    Raises:
        DocumentFailedError: it could not be.
    """
    if document.state == "failed":
        code, detail = ("", "") if document.error is None else (document.error.code, document.error.detail)
        raise DocumentFailedError(code, detail)
    return document.state == "done"
