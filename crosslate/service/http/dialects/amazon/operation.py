"""What operations take and give, whichever form both travel in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.requests import Request

from crosslate.service.http.dialects.amazon.errors import INVALID_REQUEST
from crosslate.service.http.dialects.amazon.fields import AmazonFields
from crosslate.service.serving.serving import Call

Taken = TypeVar("Taken", bound=AmazonFields)


@dataclass(frozen=True, slots=True)
class Answer:
    """An operation's members, and what is to be said beside them."""

    members: Mapping[str, Any]
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Asked(Generic[Taken]):
    """One request for an operation."""

    request: Request
    fields: Taken
    call: Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Generic[Taken]):
    """One that is served."""

    takes: type[Taken]
    answer: Callable[[Asked[Taken]], Awaitable[Answer]]
    invalid: str = INVALID_REQUEST
    """What Amazon calls it when something is wrong with such a request."""
    takes_text: bool = False
    """Whether too much is too much text."""
