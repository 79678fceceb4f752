from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from crosslate.service.commands.doctor import check_store
from crosslate.service.settings.config import Settings
from crosslate.service.store.database import StoreError
from crosslate.service.store.inspection import inspect_store


def set_revision(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_a_database_is_looked_at_and_left_as_it_is(store_url: str, opened: Callable[[str], Engine]) -> None:
    for _ in range(2):
        assert inspect_store(store_url, None).tables == "missing", "looking makes nothing"
    engine = opened(store_url)
    assert inspect_store(store_url, None).tables == "current"
    set_revision(engine, "of-the-future")
    assert inspect_store(store_url, None).tables == "newer"
    finding = check_store(Settings.model_validate({"store": {"url": store_url}}))
    assert finding.status == "fail"
    assert "newer version" in finding.detail


def test_tables_of_an_older_version(
    store_url: str, opened: Callable[[str], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(store_url)
    monkeypatch.setattr("alembic.script.ScriptDirectory.get_current_head", lambda self: "a-later-one")
    assert inspect_store(store_url, None).tables == "old"
    finding = check_store(Settings.model_validate({"store": {"url": store_url}}))
    assert (finding.status, "up to date" in finding.detail) == ("ok", True)


def test_a_password_is_not_shown_where_nobody_answers() -> None:
    url = "postgresql://someone:secret-word@127.0.0.1:1/none"
    with pytest.raises(StoreError, match="refused") as raised:
        inspect_store(url, None)
    assert "secret-word" not in str(raised.value)
    finding = check_store(Settings.model_validate({"store": {"url": url}}))
    assert finding.status == "fail"
    assert finding.remedy


def test_a_file_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert inspect_store(None, tmp_path / "new" / "folder").tables == "missing"
    assert not (tmp_path / "new").exists()
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(StoreError, match="may not be written to"):
        inspect_store(None, tmp_path / "new")


def test_without_keys_nothing_is_looked_for() -> None:
    assert check_store(Settings()).status == "ok"
