from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.processes import PROC
from loadtests.soak.footprint import Footprint

pytestmark = pytest.mark.skipif(not (PROC / "self/statm").exists(), reason="needs /proc")

_PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], *sys.argv[2:]], stdin=subprocess.PIPE)
print("ready", flush=True)
sys.stdin.read()
child.communicate()
"""
_CHILD = "import sys; sys.stdin.read()"


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[int]:
    """A process with a child whose command names a session's folder."""
    folder = tmp_path / "session_1"
    folder.mkdir()
    command = [sys.executable, "-c", _PARENT, _CHILD, f"--session-dir={folder}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        process.stdout.readline()
        yield process.pid
        process.stdin.close()


def test_descendants_and_their_folders_count(parent: int, tmp_path: Path) -> None:
    footprint = Footprint(parent)
    before = footprint.sample()
    assert before["processes"] == 2
    assert before["memory of all, MiB"] > 2
    assert before["open files of all"] >= 6
    assert not [name for name in before if "replica" in name]
    (tmp_path / "session_1" / "log").write_bytes(b"a" * 3 * 2**20)
    assert footprint.sample()["temporary files, MiB"] - before["temporary files, MiB"] == pytest.approx(3)
    assert footprint.replicas() == []
