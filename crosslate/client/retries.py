"""When a request is sent again, and after how long."""

from __future__ import annotations

import email.utils
import random
from dataclasses import dataclass
from datetime import UTC, datetime

from crosslate.client.errors import ApiError, ConnectionFailedError, CrosslateError

_REFUSED = frozenset({429, 503})
"""The server has done nothing: whatever was asked may be asked again."""
_LOST = frozenset({502})
"""The server may have done it: only what changes nothing may be asked again."""
_FIRST_WAIT_S, _LONGEST_GUESS_S = 0.25, 8.0
_SPREAD = 0.25


@dataclass(frozen=True, slots=True)
class Retries:
    """How often, and how long to wait at most.

    Attributes:
        max_tries: the first one counts; 1 sends nothing twice.
        max_wait_s: a server that asks for a longer pause gets none: its refusal is raised at once.
    """

    max_tries: int = 4
    max_wait_s: float = 30.0

    def wait_s(self, error: CrosslateError, num_tries: int, *, repeatable: bool) -> float | None:
        """Seconds until the next try; None where there is none.

        Args:
            error: what the last try came to.
            num_tries: how many there were.
            repeatable: whether a request that may have been served can be sent again without harm.
        """
        if num_tries >= self.max_tries or not _may_repeat(error, repeatable=repeatable):
            return None
        asked = error.problem.retry_after_s if isinstance(error, ApiError) else None
        if asked is None:
            guess = min(_FIRST_WAIT_S * 2.0 ** (num_tries - 1), _LONGEST_GUESS_S, self.max_wait_s)
            return guess * random.uniform(1 - _SPREAD, 1)
        if asked > self.max_wait_s:
            return None
        return asked + _FIRST_WAIT_S * random.random()  # those who were refused together come back apart

    def of_call(self, *, repeatable: bool) -> Tries:
        """Those of one call; see `wait_s`."""
        return Tries(self, repeatable)


@dataclass(slots=True)
class Tries:
    """Of one call, the first of which is under way."""

    retries: Retries
    is_repeatable: bool
    number: int = 1

    def wait_s(self, error: CrosslateError) -> float:
        """Seconds until the next one; where there is none, raises what this one came to."""
        wait_s = self.retries.wait_s(error, self.number, repeatable=self.is_repeatable)
        if wait_s is None:
            raise error
        self.number += 1
        return wait_s


def _may_repeat(error: CrosslateError, *, repeatable: bool) -> bool:
    if isinstance(error, ConnectionFailedError):
        return not error.has_timed_out and (repeatable or not error.was_sent)
    if not isinstance(error, ApiError):
        return False
    status = error.problem.status
    return status in _REFUSED or (repeatable and status in _LOST)


def retry_after_s(header: str | None) -> float | None:
    """The seconds that `Retry-After` says, which may be a date; None where it cannot be read."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header)
    try:
        at = email.utils.parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())
