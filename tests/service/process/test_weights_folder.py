from __future__ import annotations

from pathlib import Path

import pytest

from crosslate.service.process.weights_folder import weights_folder
from crosslate.service.settings.config import Settings
from crosslate.service.settings.config_sources import load_settings


def test_by_default_in_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert weights_folder(Settings().weights_dir) == Path("/somewhere/crosslate/weights")
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", "/home/me")
    assert weights_folder(None) == Path("/home/me/.cache/crosslate/weights")


def test_a_user_without_a_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    assert weights_folder(None) is None
    assert weights_folder(Path("/there")) == Path("/there")


def test_as_it_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "crosslate.yaml"
    file.write_text("weights_dir: none\n")
    assert weights_folder(load_settings(file, {}, models=[]).weights_dir) is None
    file.write_text("weights_dir: /var/cache/weights\n")
    assert weights_folder(load_settings(file, {}, models=[]).weights_dir) == Path("/var/cache/weights")
    monkeypatch.setenv("CROSSLATE_WEIGHTS_DIR", "/elsewhere")
    assert weights_folder(load_settings(None, {}, models=[]).weights_dir) == Path("/elsewhere")
