"""Looking at a database without making or changing anything."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from crosslate.service.store.database import (
    MIGRATIONS,
    StoreError,
    database_url,
    make_engine,
    reason_of,
)


@dataclass(frozen=True, slots=True)
class StoreState:
    """What is there.

    Attributes:
        shown: its URL without a password.
        tables: `missing`: the next start makes the tables; `old`: it changes them; `newer`: they are of a
            later version, and this one does not start.
    """

    shown: str
    tables: Literal["missing", "old", "current", "newer"]


def inspect_store(url: str | None, state_dir: Path | None) -> StoreState:
    """Whether it can be reached, and how its tables stand.

    Raises:
        StoreError: it cannot be reached, or not be written to.
    """
    target = database_url(url, state_dir)
    shown = target.render_as_string(hide_password=True)
    if target.get_backend_name() == "sqlite" and not _has_file(target, shown):
        return StoreState(shown, "missing")
    engine = make_engine(target)
    try:
        with engine.connect() as connection:
            revision = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        raise StoreError(f"store.url: {shown} cannot be used: {reason_of(error)}") from None
    finally:
        engine.dispose()
    return StoreState(shown, _standing(revision))


def _standing(revision: str | None) -> Literal["missing", "old", "current", "newer"]:
    if revision is None:
        return "missing"
    scripts = ScriptDirectory(str(MIGRATIONS))
    if revision == scripts.get_current_head():
        return "current"
    return "old" if revision in {script.revision for script in scripts.walk_revisions()} else "newer"


def _has_file(target: URL, shown: str) -> bool:
    """Raises `StoreError` where it is there, or would be made, and could not be written to."""
    file = Path(target.database or "").absolute()
    looked_at = next(path for path in (file, *file.parents) if path.exists())
    if looked_at != file and not looked_at.is_dir():
        raise StoreError(f"store.url: {shown} cannot be used: {looked_at} is no folder")
    if not os.access(looked_at, os.W_OK):
        raise StoreError(f"store.url: {shown} cannot be used: {looked_at} may not be written to")
    return file.exists()
