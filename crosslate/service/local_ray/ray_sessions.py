"""The folders in which a local Ray keeps its logs, which it never removes."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

KEPT = 3
"""Of services that have ended: their logs may tell why."""
_MARK = "crosslate.lock"
_LATEST = "session_latest"


@contextlib.contextmanager
def session_kept(session: Path) -> Iterator[None]:
    """The folder of a Ray that runs stays until the end of the block; most of older services' go.

    Those of other programs are left alone: only a service of ours puts a lock into its session's folder, and
    holds it as long as it lives.
    """
    with (session / _MARK).open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        remove_dead(session.parent)
        yield


def remove_dead(folder: Path, kept: int = KEPT) -> None:
    """Of the services in this folder of Ray's that have ended, only the last ones leave their logs."""
    with contextlib.ExitStack() as locks:
        dead = []
        for session in sorted(folder.glob("session_2*")):  # by the time at which they began
            if (mark := _claimed(session)) is not None:
                locks.enter_context(mark)
                dead.append(session)
        for session in dead[: max(0, len(dead) - kept)]:
            shutil.rmtree(session, ignore_errors=True)
    _mend_latest(folder)


def keep_failed(folder: Path, pid: int) -> None:
    """Those of a Ray that did not start stay as the others of ours do: their logs tell why."""
    for session in folder.glob(f"session_2*_{pid}"):
        (session / _MARK).touch()


def discard_sessions(folder: Path, pid: int) -> None:
    """Remove those that a process has begun and not got so far as to lock: they tell nothing."""
    for session in folder.glob(f"session_2*_{pid}"):
        if not (session / _MARK).exists():
            shutil.rmtree(session, ignore_errors=True)
    _mend_latest(folder)


def _mend_latest(folder: Path) -> None:
    """Ray's link to its newest session leads to one that is there.

    Where it leads nowhere Ray leaves it as it is, and so would name none of the sessions to come.
    """
    latest = folder / _LATEST
    if not latest.is_symlink() or latest.exists():
        return
    with contextlib.suppress(OSError):  # somebody else is at it, or it is another user's
        latest.unlink()
        if sessions := sorted(folder.glob("session_2*/")):
            latest.symlink_to(sessions[-1])


def _claimed(session: Path) -> IO[str] | None:
    """The lock of a session whose service has ended; None where it lives or is not ours."""
    if session.is_symlink():
        return None
    try:
        mark = (session / _MARK).open("r+")
    except OSError:
        return None
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        mark.close()
        return None
    return mark
