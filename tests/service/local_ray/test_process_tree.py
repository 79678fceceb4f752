from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil

from crosslate.service.local_ray.process_tree import end_descendants
from tests.processes import is_running

# Starts a process that is nobody's child, in a session of its own, as HAProxy's guard is.
_ORPHAN = """
import subprocess
print(subprocess.Popen(["sleep", "60"], start_new_session=True, stdout=subprocess.DEVNULL).pid)
"""


def orphan(**variables: str) -> int:
    environ = {**os.environ, **variables}
    command = [sys.executable, "-IS", "-c", _ORPHAN]
    return int(subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True, timeout=30).stdout)


def test_all_that_was_started_ends_and_nothing_else(tmp_path: Path) -> None:
    mark = str(tmp_path)
    marked, stranger = orphan(SOME_FOLDER=mark), orphan(SOME_FOLDER=f"{mark}/other")
    stubborn = ["sh", "-c", "trap '' TERM INT; sleep 60 & echo $!; wait"]
    with subprocess.Popen(stubborn, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        grandchild = int(child.stdout.readline())
        end_descendants(mark)
        assert [is_running(pid) for pid in (child.pid, grandchild, marked, stranger)] == [False] * 3 + [True]
    psutil.Process(stranger).kill()
