"""The folder that Ray takes, and what keeps it from doing so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from crosslate.service.local_ray.ray_environment import NoTemporaryFilesError, local_ray_environment
from crosslate.service.local_ray.ray_folder import folder_problem, ray_folder


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({}, "/tmp"),
        ({"TMPDIR": "/a"}, "/a"),
        ({"TMPDIR": "/a", "RAY_TMPDIR": "/b"}, "/b"),
    ],
    ids=str,
)
def test_it_is_the_one_that_ray_takes(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], folder: str
) -> None:
    ray_utils = pytest.importorskip("ray._common.utils")
    monkeypatch.setattr(os, "environ", environ)
    assert ray_folder(environ) == Path(folder)
    assert ray_utils.get_default_ray_temp_dir() == f"{folder}/ray"


def test_what_stands_in_the_way_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert folder_problem(Path("/tmp")) is None
    assert folder_problem(tmp_path / "none") == f"there is no folder {tmp_path / 'none'}"
    long = tmp_path / ("long-name" * 8)
    long.mkdir()
    assert "is too long for sockets, with more than 39" in (folder_problem(long) or "")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert folder_problem(tmp_path) == f"{tmp_path} cannot be written to"


def test_it_is_said_before_ray_is_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "environ", {"TMPDIR": str(tmp_path / "none")})
    with (
        pytest.raises(NoTemporaryFilesError, match=r"there is no folder .*TMPDIR"),
        local_ray_environment(300),
    ):
        pass
