from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from crosslate.service.store.database import open_database
from tests.postgresql import new_database, running_postgresql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    with running_postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    return new_database(request.getfixturevalue("postgresql"))


@pytest.fixture
def opened() -> Iterator[Callable[[str], Engine]]:
    """As `open_database`; closed after the test."""
    engines: list[Engine] = []

    def opened(url: str) -> Engine:
        engines.append(open_database(url, None))
        return engines[-1]

    yield opened
    for engine in engines:
        engine.dispose()
