"""A server that is there and says nothing: its process is stopped, and the kernel acknowledges for it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, Engine, text

from crosslate.service.store import postgresql as module
from crosslate.service.store.database import StoreError, told
from tests.postgresql import new_database

Opened = Callable[[str], Engine]


@contextmanager
def stopped(backend: int) -> Iterator[None]:
    """The server's process for one connection."""
    os.kill(backend, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(backend, signal.SIGCONT)


def backend_of(connection: Connection) -> int:
    number: int = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    return number


@pytest.fixture
def engine(postgresql: str, opened: Opened, monkeypatch: pytest.MonkeyPatch) -> Engine:
    found = opened(new_database(postgresql))
    monkeypatch.setattr(module, "ANSWER_S", 0.2)
    monkeypatch.setattr(module, "_LOOK_S", 0.2)
    return found


def ask_in_silence(engine: Engine, ask: Callable[[Connection], object]) -> None:
    with told(), engine.connect() as connection, stopped(backend_of(connection)):
        ask(connection)


def test_neither_an_answer_nor_a_commit_is_waited_for_without_end(engine: Engine) -> None:
    for ask in (lambda connection: connection.execute(text("SELECT 1")), Connection.commit):
        with pytest.raises(StoreError, match=r"the server has not answered for 0\.2 s"):
            ask_in_silence(engine, ask)
    with engine.begin() as connection:
        assert backend_of(connection)


def test_a_connection_that_fell_silent_while_nobody_used_it_is_made_anew(engine: Engine) -> None:
    with engine.begin() as connection:
        backend = backend_of(connection)
    with stopped(backend), engine.begin() as connection:
        assert backend_of(connection) != backend


def test_others_migrations_are_waited_for(engine: Engine) -> None:
    """Longer than for an answer: they make all of the tables."""
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_sleep(0.1)"))
        module.allow_migration(connection)
        connection.execute(text("SELECT pg_sleep(0.5)"))
    with pytest.raises(StoreError, match="has not answered"), told(), engine.begin() as connection:
        connection.execute(text("SELECT pg_sleep(0.5)"))
