from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

from crosslate.service.local_ray.ray_sessions import (
    KEPT,
    discard_sessions,
    keep_failed,
    remove_dead,
    session_kept,
)

HOLD = """
import sys
from pathlib import Path
from crosslate.service.local_ray.ray_sessions import session_kept

with session_kept(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def session(folder: Path, number: int, *, is_ours: bool = True) -> Path:
    made = folder / f"session_2026-11-27_00-00-{number:02}_000000_1"
    (made / "logs").mkdir(parents=True)
    (made / "logs" / "raylet.out").write_text("x" * 100)
    if is_ours:
        (made / "crosslate.lock").touch()
    return made


def test_the_last_sessions_of_dead_services_stay(tmp_path: Path) -> None:
    sessions = [session(tmp_path, number) for number in range(9)]
    current = session(tmp_path, 9, is_ours=False)
    with session_kept(current):
        assert sorted(tmp_path.iterdir()) == [*sessions[-KEPT:], current]


def test_other_programs_sessions_are_left_alone(tmp_path: Path) -> None:
    foreign = session(tmp_path, 0, is_ours=False)
    ours = session(tmp_path, 1)
    (tmp_path / "session_latest").symlink_to(ours)
    (tmp_path / "session_20-is-a-file").write_text("")
    remove_dead(tmp_path, kept=0)
    assert foreign.exists()
    assert not ours.exists()


def test_a_service_that_lives_keeps_its_session_and_one_that_was_killed_does_not(tmp_path: Path) -> None:
    running = session(tmp_path, 0, is_ours=False)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(running)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        remove_dead(tmp_path, kept=0)
        assert running.exists()
        other.kill()
    remove_dead(tmp_path, kept=0)
    assert not running.exists()


def test_its_own_lock_goes_with_the_block(tmp_path: Path) -> None:
    current = session(tmp_path, 0)
    with session_kept(current):
        pass
    with (current / "crosslate.lock").open("r+") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_the_newest_is_named_after_one_that_was_discarded(tmp_path: Path) -> None:
    """Ray leaves a link that leads nowhere as it is: it would name none that comes afterwards."""
    from ray._private.utils import try_to_symlink

    latest = tmp_path / "session_latest"
    latest.symlink_to(session(tmp_path, 1, is_ours=False))
    discard_sessions(tmp_path, 1)
    assert not latest.is_symlink()
    latest.symlink_to(tmp_path / "left by an older version")
    running = session(tmp_path, 2, is_ours=False)
    try_to_symlink(str(latest), str(running))
    with session_kept(running):
        assert latest.resolve() == running


def test_what_ray_said_stays_where_it_did_not_start(tmp_path: Path) -> None:
    failed = session(tmp_path, 0, is_ours=False)
    keep_failed(tmp_path, 1)
    discard_sessions(tmp_path, 1)
    assert failed.exists()
    remove_dead(tmp_path, kept=0)
    assert not failed.exists()
