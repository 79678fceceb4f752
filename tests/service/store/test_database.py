from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from crosslate.service.store.database import StoreError, default_folder, open_database
from crosslate.service.store.tables import METADATA

Opened = Callable[[str], Engine]


def test_the_migrations_make_the_tables_that_the_code_uses(store_url: str, opened: Opened) -> None:
    with opened(store_url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_opening_again_changes_nothing(store_url: str, opened: Opened) -> None:
    with opened(store_url).begin() as connection:
        connection.execute(text("INSERT INTO usage VALUES ('month', '2026-11', 'a', 1, 2)"))
    with opened(store_url).connect() as connection:
        assert connection.execute(text("SELECT requests, characters FROM usage")).all() == [(1, 2)]


OPEN = """
import sys
from crosslate.service.store.database import open_database
sys.stdin.read()  # until both have come so far
open_database(sys.argv[1], None)
"""


def test_replicas_that_start_together_migrate_once(store_url: str, opened: Opened) -> None:
    replicas = [
        subprocess.Popen([sys.executable, "-c", OPEN, store_url], stdin=subprocess.PIPE) for _ in range(2)
    ]
    for replica in replicas:
        assert replica.stdin is not None
        replica.stdin.close()
    for replica in replicas:
        replica.wait(120)
    assert [replica.returncode for replica in replicas] == [0, 0]
    assert set(inspect(opened(store_url)).get_table_names()) == {*METADATA.tables, "alembic_version"}


def test_a_database_of_a_newer_version_is_left_alone(store_url: str, opened: Opened) -> None:
    with opened(store_url).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'z9'"))
    with pytest.raises(StoreError, match="newer version of Crosslate"):
        open_database(store_url, None)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:////nowhere/at/all.db", "unable to open database file"),
        ("postgresql://u:secret@127.0.0.1:1/crosslate", "refused"),
        ("postgresql://u:secret@127.0.0.1:port/crosslate", "form"),
    ],
)
def test_what_cannot_be_used_is_said_without_the_password(url: str, reason: str) -> None:
    with pytest.raises(StoreError, match=reason) as refused:
        open_database(url, None)
    assert "store.url" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_wrong_password_is_said_without_it(postgresql: str) -> None:
    server = postgresql.rsplit("@", 1)[1]
    with pytest.raises(StoreError, match="password authentication failed") as refused:
        open_database(f"postgresql://tests:secret-word@{server}/postgres", None)
    assert "secret-word" not in str(refused.value)


def test_without_a_url_it_is_a_file_that_only_its_user_reaches(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "crosslate"
    open_database(None, folder).dispose()
    assert (folder / "crosslate.db").exists()
    assert folder.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"state_dir: cannot make .*/file/below"):
        open_database(None, tmp_path / "file" / "below")


@pytest.mark.parametrize(("variable", "expected"), [("/s", "/s/crosslate"), ("", ""), ("relative", "")])
def test_the_folder_follows_the_xdg_specification(
    monkeypatch: pytest.MonkeyPatch, variable: str, expected: str
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", variable)
    assert str(default_folder()) == (expected or f"{Path.home()}/.local/state/crosslate")


def test_a_user_without_a_home_folder_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(StoreError, match="state_dir: this user has no home folder"):
        open_database(None, None)


def test_the_migrations_are_where_the_wheel_has_them() -> None:
    """A wheel holds the packages' files; Alembic reads these by their paths."""
    folder = Path(sys.modules["crosslate.service.store.database"].__file__ or "").parent / "migrations"
    assert {path.name for path in folder.rglob("*.py")} >= {"env.py", "a1_usage.py"}
