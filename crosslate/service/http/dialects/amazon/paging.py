"""Lists in pages, whose tokens are places in the list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from crosslate.service.http.dialects.amazon.fields import PageFields
from crosslate.service.http.dialects.reading import unreadable

Item = TypeVar("Item")
_MOST_DIGITS = 9


def page_of(items: Sequence[Item], asked: PageFields) -> tuple[Sequence[Item], dict[str, str]]:
    """As many as are wanted, and the answer's member that names the next page where there is one.

    Raises:
        ServiceError: 422, the token is none.
    """
    token = asked.next_token
    if token and (not token.isdecimal() or len(token) > _MOST_DIGITS):
        raise unreadable("is none that this service gave", "NextToken")
    start = int(token or 0)
    end = start + asked.max_results
    return items[start:end], {"NextToken": str(end)} if end < len(items) else {}
