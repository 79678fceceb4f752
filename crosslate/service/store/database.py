"""Opening the database, and bringing its tables up to date."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, func, select, text
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from crosslate.service.errors import ToldError
from crosslate.service.process.user_folders import user_folder

MIGRATIONS = Path(__file__).parent / "migrations"
_FILE_NAME = "crosslate.db"
_BUSY_TIMEOUT_S = 10.0
"""How long one waits for another's transaction; ours take milliseconds."""
_LOOK_EVERY_S = 0.01
_MIGRATION_LOCK = 7_105_521_093_264_871_000
"""Of PostgreSQL's advisory locks: any number that nobody else uses."""


class StoreError(ToldError):
    """The database cannot be used; the message says why, without its password."""


class StoreAwayError(StoreError):
    """It cannot be reached, or not be used now: later it may be."""


def default_folder() -> Path:
    """For this user's state, as the XDG base directory specification has it.

    Raises:
        StoreError: the user has no home folder.
    """
    try:
        return user_folder("XDG_STATE_HOME", ".local/state") / "crosslate"
    except RuntimeError:
        raise StoreError("state_dir: this user has no home folder: name a folder here, or set HOME") from None


def open_database(url: str | None, state_dir: Path | None) -> Engine:
    """A database whose tables are those of this version.

    Args:
        url: see `StoreSettings.url`.
        state_dir: where an SQLite file is by default, and made if need be; None: see `default_folder`.

    Raises:
        StoreAwayError: it cannot be reached or written to.
        StoreError: it is of a newer version, or has no place.
    """
    target = database_url(url, state_dir)
    if url is None:
        _make_folder(Path(target.database or "").parent)
    shown = target.render_as_string(hide_password=True)
    engine = make_engine(target)
    if target.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_for_writing)
    from alembic.util import CommandError  # half a second, which who keeps nothing need not spend

    try:
        with _one_at_a_time(engine) as connection:
            _migrate(connection)
    except (SQLAlchemyError, CommandError, OSError) as error:
        engine.dispose()
        kind = StoreError if isinstance(error, CommandError) else StoreAwayError
        raise kind(f"store.url: {shown} cannot be used: {reason_of(error)}") from None
    return engine


@contextmanager
def told() -> Iterator[None]:
    """A driver's failure in the store's words: `StoreAwayError`."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StoreAwayError(f"store.url: {reason_of(error)}") from None


def take_turns(connection: Connection, what: str) -> None:
    """Until the end of the transaction others who would do the same wait: what is counted here stays so.

    Of SQLite's transactions there is one at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(
            f"state_dir: cannot make {folder} ({error.strerror}): name another folder, or set store.url"
        ) from None


def database_url(url: str | None, state_dir: Path | None) -> URL:
    """Where the database is, with the driver's name; as `open_database`."""
    if url is None:
        folder = (state_dir or default_folder()).absolute()
        return URL.create("sqlite", database=str(folder / _FILE_NAME))
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The message of the original has the whole URL in it.
        raise StoreError("store.url: is not of the form postgresql://user:password@host/database") from None
    return parsed.set(drivername="postgresql+psycopg") if url.startswith("postgresql:") else parsed


def make_engine(url: URL) -> Engine:
    """It connects when it is used, and waits for an answer for so long."""
    if url.get_backend_name() == "sqlite":
        return create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_S})
    from crosslate.service.store.postgresql import postgresql_engine  # its driver, which SQLite needs none of

    return postgresql_engine(url)


def _prepare_sqlite(connection: Any, record: object) -> None:  # noqa: ANN401  (the driver's own)
    """Readers and the writer do not wait for each other, and a commit survives the process."""
    # SQLAlchemy begins transactions, not the driver, which would only when something is written.
    connection.isolation_level = None
    _write_ahead(connection)
    for setting in ("synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}")


def _write_ahead(connection: Any) -> None:  # noqa: ANN401  (the driver's own)
    """SQLite does not wait where two change this at once, as replicas do that start together."""
    deadline = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_EVERY_S)
        else:
            return


def _begin_for_writing(connection: Connection) -> None:
    """A transaction that turns from reading to writing fails where another has written meanwhile."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _one_at_a_time(engine: Engine) -> Iterator[Connection]:
    """A transaction that other replicas, which start at the same time, wait for."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            from crosslate.service.store.postgresql import allow_migration

            allow_migration(connection)
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATION_LOCK})
        yield connection


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def reason_of(error: Exception) -> str:
    """What a driver says of a failure, in one line, without the statement that it was given."""
    from alembic.util import CommandError

    if isinstance(error, CommandError):
        return "its tables are of a newer version of Crosslate"
    original = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(original).splitlines() if line.strip()]
    return lines[0] if lines else type(original).__name__
