"""Databases that services open when somebody needs them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy import Pool, event
from sqlalchemy.engine.interfaces import DBAPIConnection


@contextlib.contextmanager
def closed_in_the_end() -> Iterator[None]:
    """Also the connections of services that nobody drains: Python 3.13 warns of one that is left open."""
    connections: list[DBAPIConnection] = []

    def keep(connection: DBAPIConnection, record: object) -> None:
        connections.append(connection)

    event.listen(Pool, "connect", keep)
    yield
    event.remove(Pool, "connect", keep)
    for connection in connections:
        connection.close()
