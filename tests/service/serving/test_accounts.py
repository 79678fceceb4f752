from __future__ import annotations

import contextlib
import io
import json
import sqlite3
from pathlib import Path

import pytest

from crosslate.service.auth.access import KeyUsage
from crosslate.service.auth.keys import KeyFileError
from crosslate.service.logs.logging import create_logger
from crosslate.service.serving.accounts import Accounts, check_accounts
from crosslate.service.serving.metrics import ServiceMetrics, render_metrics
from crosslate.service.settings.config import LogSettings, Settings
from crosslate.service.store.database import StoreError
from crosslate.service.store.settings import StoreSettings
from tests.service.auth.accounts import SECRET, auth_settings

KEY = {"name": "a", "key": SECRET, "characters_per_month": 10}


def make_settings(folder: Path, **settings: object) -> Settings:
    return Settings.model_validate({"state_dir": folder, "auth": auth_settings(KEY), **settings})


async def opened(settings: Settings) -> Accounts:
    logger = create_logger(LogSettings(format="json"), io.StringIO())
    return await Accounts.open(settings, ServiceMetrics(), logger)


async def test_without_keys_nothing_is_opened(tmp_path: Path) -> None:
    accounts = await opened(Settings(state_dir=tmp_path))
    assert accounts.access.identify(None) is None
    await accounts.close()
    check_accounts(Settings(state_dir=tmp_path, store=StoreSettings(url="postgresql://nowhere/at-all")))
    assert list(tmp_path.iterdir()) == []


async def test_a_key_has_series_before_it_is_used(tmp_path: Path) -> None:
    """Prometheus' `rate` would miss what they began with: a single refusal, or a burst of them."""
    metrics = ServiceMetrics()
    accounts = await Accounts.open(
        make_settings(tmp_path), metrics, create_logger(LogSettings(format="json"), io.StringIO())
    )
    await accounts.close()
    text = render_metrics({"r": metrics.snapshot()}).decode()
    for series in (
        'crosslate_key_requests_total{key="a",replica="r"} 0.0',
        'crosslate_key_characters_total{key="a",replica="r"} 0.0',
        'crosslate_quota_rejections_total{key="a",reason="quota_exceeded",replica="r"} 0.0',
        'crosslate_quota_rejections_total{key="a",reason="rate_limited",replica="r"} 0.0',
        'crosslate_documents_total{replica="r",state="failed"} 0.0',
    ):
        assert series in text


async def test_a_replica_knows_what_was_used_before_it_started(tmp_path: Path) -> None:
    for used in (0, 4, 8):
        accounts = await opened(make_settings(tmp_path))
        key = accounts.access.identify(SECRET)
        assert key is not None
        assert accounts.access.usage(key) == KeyUsage(used, 10)
        if used < 8:
            with accounts.access.charged(key, 4):
                pass
        await accounts.close()


async def test_while_the_store_is_busy_requests_go_on_and_are_written_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crosslate.service.store.database._BUSY_TIMEOUT_S", 0.01)
    log, metrics = io.StringIO(), ServiceMetrics()
    logger = create_logger(LogSettings(format="json"), log)
    accounts = await Accounts.open(make_settings(tmp_path), metrics, logger)
    key = accounts.access.identify(SECRET)
    assert key is not None
    with contextlib.closing(sqlite3.connect(tmp_path / "crosslate.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with accounts.access.charged(key, 4):
            pass
        assert not await accounts.access.meter.flush()
        assert accounts.access.usage(key) == KeyUsage(4, 10)
    assert '"event": "usage_not_written"' in log.getvalue()
    assert '"reason": "database is locked"' in log.getvalue()
    assert "crosslate_store_failures_total" in render_metrics({"r": metrics.snapshot()}).decode()
    monkeypatch.setattr("crosslate.service.logs.recurring.CALM_S", 0)
    assert await accounts.access.meter.flush()
    assert json.loads(log.getvalue().splitlines()[-1])["event"] == "usage_written_again"
    await accounts.close()
    again = await opened(make_settings(tmp_path))
    assert again.access.usage(key) == KeyUsage(4, 10)
    await again.close()


async def test_what_would_stop_a_replica_is_found_before_one_starts(tmp_path: Path) -> None:
    check_accounts(make_settings(tmp_path))
    nowhere = make_settings(tmp_path, store={"url": "postgresql://u:secret@127.0.0.1:1/x"})
    no_file = make_settings(tmp_path, auth={"keys": [{"name": "a", "key_file": str(tmp_path / "none")}]})
    for settings, error in ((nowhere, StoreError), (no_file, KeyFileError)):
        with pytest.raises(error):
            check_accounts(settings)
        with pytest.raises(error):
            await opened(settings)
