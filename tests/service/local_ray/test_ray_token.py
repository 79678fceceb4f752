"""A local Ray has a token, whether or not there is a place to keep one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crosslate.service.local_ray.ray_token import token_variables


def homeless() -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_a_token_is_rays_own_matter_where_the_home_folder_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert token_variables({}) == {}
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("word")
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.R_OK)
    assert token_variables({}) == {}, "one that is there has only to be read"


def test_each_ray_has_its_own_where_the_home_folder_is_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.R_OK)
    first, second = (token_variables({})["RAY_AUTH_TOKEN"] for _ in range(2))
    assert first != second
    assert len(first) == 64


def test_a_user_without_a_home_folder_has_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", homeless)
    assert token_variables({"RAY_AUTH_MODE": "token"})


@pytest.mark.parametrize(
    "environ",
    [
        {"RAY_ADDRESS": "10.0.0.1:6379"},
        {"RAY_AUTH_MODE": "disabled"},
        {"RAY_AUTH_TOKEN": "word"},
        {"RAY_AUTH_TOKEN_PATH": "/run/secrets/ray"},
    ],
    ids=lambda environ: next(iter(environ)),
)
def test_what_the_operator_has_decided_stays(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]
) -> None:
    monkeypatch.setattr(Path, "home", homeless)
    assert token_variables(environ) == {}
