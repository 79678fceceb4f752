from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crosslate.service.auth.hashing import hash_key
from crosslate.service.commands.cli import app
from crosslate.service.store.database import open_database
from crosslate.service.store.periods import Period, month_of, utc_now
from crosslate.service.store.usage import Amount, Counter, UsageBatch, UsageStore


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    keys = [
        {"name": "a", "key": "a-secret-key", "characters_per_month": 2000},
        {"name": "b", "key": "another-key"},
    ]
    monkeypatch.setenv("CROSSLATE_AUTH__KEYS", json.dumps(keys))
    monkeypatch.setenv("CROSSLATE_STATE_DIR", str(tmp_path))
    return CliRunner()


def count(folder: Path, month: Period, **amounts: Amount) -> None:
    engine = open_database(None, folder)
    counted = {Counter(name, month): amount for name, amount in amounts.items()}
    UsageStore(engine).exchange(UsageBatch(counted), [])
    engine.dispose()


def test_a_key_is_made_with_its_hash(runner: CliRunner) -> None:
    shown = dict(line.split() for line in runner.invoke(app, ["key"]).stdout.splitlines())
    assert shown["key_hash:"] == hash_key(shown["key:"])


def test_a_given_key_is_hashed(runner: CliRunner) -> None:
    result = runner.invoke(app, ["key", "--hash"], input="a-secret-key\n")
    assert result.stdout == f"key_hash: {hash_key('a-secret-key')}\n"
    assert runner.invoke(app, ["key", "--hash"], input="two words").exit_code == 2
    assert runner.invoke(app, ["key", "--hash"], input="").exit_code == 2


def test_usage_is_of_the_present_month_unless_another_is_named(runner: CliRunner, tmp_path: Path) -> None:
    count(tmp_path, month_of(utc_now()), a=Amount(3, 1500), former=Amount(1, 7))
    count(tmp_path, Period("month", "2025-01"), b=Amount(1, 5))
    rows = [line.split() for line in runner.invoke(app, ["usage"]).stdout.splitlines()]
    present = month_of(utc_now()).begin
    assert rows == [
        ["KEY", "MONTH", "REQUESTS", "CHARACTERS", "LIMIT", "USED"],
        ["a", present, "3", "1,500", "2,000", "75.0%"],
        ["b", present, "0", "0", "-", "-"],
        ["former", present, "1", "7", "-", "-"],
    ]
    answer = json.loads(runner.invoke(app, ["usage", "--month", "2025-01", "--json"]).stdout)
    assert answer[1] == {
        "key": "b",
        "month": "2025-01",
        "requests": 1,
        "characters": 5,
        "characters_per_month": None,
    }


def test_what_is_no_month_is_refused(runner: CliRunner) -> None:
    result = runner.invoke(app, ["usage", "--month", "November"])
    assert (result.exit_code, "YYYY-MM" in result.stderr) == (2, True)


def test_a_store_that_cannot_be_used_is_one_line(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSLATE_STORE__URL", "postgresql://u:a-secret-key@127.0.0.1:1/x")
    result = runner.invoke(app, ["usage"])
    assert result.exit_code == 1
    assert "store.url: postgresql+psycopg://u:***@127.0.0.1:1/x cannot be used" in result.stderr
    assert "secret" not in result.stderr
