from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil

from tests.processes import is_running

# Starts a process that is nobody's child, in a session of its own, as HAProxy's guard is.
_ORPHAN = """
import subprocess
print(subprocess.Popen(["sleep", "60"], start_new_session=True, stdout=subprocess.DEVNULL).pid)
"""
# Has a child that heeds no signal, and a grandchild. Not the tests' own process, which has others to lose.
_ENDING = """
import subprocess, sys
from crosslate.service.local_ray.process_tree import end_descendants
stubborn = ["sh", "-c", "trap '' TERM INT; sleep 60 & echo $!; wait"]
child = subprocess.Popen(stubborn, stdout=subprocess.PIPE)
print(child.pid, int(child.stdout.readline()))
end_descendants(sys.argv[1])
"""


def orphan(**variables: str) -> int:
    environ = {**os.environ, **variables}
    command = [sys.executable, "-IS", "-c", _ORPHAN]
    return int(subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True, timeout=30).stdout)


def test_all_that_was_started_ends_and_nothing_else(tmp_path: Path) -> None:
    mark = str(tmp_path)
    marked, stranger = orphan(SOME_FOLDER=mark), orphan(SOME_FOLDER=f"{mark}/other")
    command = [sys.executable, "-c", _ENDING, mark]
    told = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60).stdout
    child, grandchild = map(int, told.split())
    assert [is_running(pid) for pid in (child, grandchild, marked, stranger)] == [False] * 3 + [True]
    psutil.Process(stranger).kill()
