"""Connections to databases: whoever has one opened closes it, and knows that nobody uses it any more."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from sqlalchemy import Pool, event
from sqlalchemy.engine.interfaces import DBAPIConnection


@contextlib.contextmanager
def all_closed() -> Iterator[None]:
    """Fails at the end where a connection was left open, with the tests that opened it.

    Python 3.13 warns of these one by one, whenever the garbage collector finds them.
    """
    left: dict[DBAPIConnection, str] = {}

    def opened(connection: DBAPIConnection, record: object) -> None:
        left[connection] = os.environ.get("PYTEST_CURRENT_TEST", "")

    def closed(connection: DBAPIConnection, record: object) -> None:
        left.pop(connection, None)

    event.listen(Pool, "connect", opened)
    event.listen(Pool, "close", closed)
    yield
    event.remove(Pool, "connect", opened)
    event.remove(Pool, "close", closed)
    assert not left, f"left open by {sorted(left.values())}"
