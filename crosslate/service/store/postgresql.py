"""Connections to a PostgreSQL that may fall silent: nobody waits for it for ever.

A server that is stopped (`kill -STOP`, a frozen virtual machine) still acknowledges what it is sent, and no
limit of TCP's or of its own ends the wait. So the client counts the time.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL, Engine

T = TypeVar("T")
_CONNECT_S = 7
_LOOK_S = 3.0
"""For a connection that nobody uses to say that it is there: with a new one as long as an answer may take."""
ANSWER_S = 10.0
LOCK_S = 4.0
"""For whoever has locked what is wanted, for each lock of two at most; the server says so before its answer
is given up."""
_MIGRATION_S = 600.0
"""Until other replicas have made the tables, and for each statement of one's own that does."""


class SilentServerError(psycopg.OperationalError):
    """The server is there and does not answer; the connection is closed."""


class BoundedConnection(psycopg.Connection[Any]):
    """Gives up, and closes itself, where an answer does not come in time."""

    answer_s: float = ANSWER_S
    """For each answer."""

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **kwargs: Any) -> T:  # noqa: ANN401  (the driver's own)
        """As the driver has it; raises `SilentServerError`."""
        try:
            return super().wait(_within(self.answer_s, gen), *args, **kwargs)
        except SilentServerError:
            self.close()  # by whoever has waited: no other thread is at it
            raise


def postgresql_engine(url: URL) -> Engine:
    """With connections of this kind, and transactions that wait for a lock as long as `LOCK_S`."""
    engine = create_engine(
        url,
        pool_size=2,  # one replica's thread writes
        pool_pre_ping=True,  # a connection that the server has closed meanwhile is made anew
        connect_args={
            "application_name": "crosslate",
            "connect_timeout": _CONNECT_S,
            # In milliseconds, until an answer is no longer waited for from a server that has vanished.
            "tcp_user_timeout": round(1000 * ANSWER_S),
        },
    )
    event.listen(engine, "do_connect", lambda dialect, record, args, kwargs: _connect(*args, **kwargs))
    event.listen(engine, "checkout", lambda connection, record, proxy: _expect(connection, ANSWER_S))
    event.listen(engine, "checkin", lambda connection, record: _expect(connection, _LOOK_S))
    event.listen(engine, "begin", _bound_locks)
    return engine


def allow_migration(connection: Connection) -> None:
    """Until the end of the transaction: others' migrations are waited for, and one's own may take long."""
    _expect(connection.connection.driver_connection, _MIGRATION_S)
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(1000 * _MIGRATION_S)}")


def _connect(*args: Any, **kwargs: Any) -> BoundedConnection:  # noqa: ANN401  (the driver's own)
    return BoundedConnection.connect(*args, **kwargs)


def _expect(connection: Any, answer_s: float) -> None:  # noqa: ANN401  (None: it was closed)
    if connection is not None:
        connection.answer_s = answer_s


def _bound_locks(connection: Connection) -> None:
    """Not said as the connection is opened: pools between refuse what they do not know there."""
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(1000 * LOCK_S)}")


def _within(seconds: float, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
    """What `gen` does, as long as it is ready in time; the driver looks ten times a second."""
    deadline = time.monotonic() + seconds
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > deadline:
                raise SilentServerError(f"the server has not answered for {seconds:g} s")
            wanted = gen.send(ready)
    except StopIteration as end:
        result: T = end.value
        return result
