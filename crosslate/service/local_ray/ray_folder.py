"""Where a local Ray puts its sessions: sockets and logs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_MAX_SOCKET_PATH = 107
_LONGEST_SOCKET = "/ray/session_2026-01-01_00-00-00_000000_4194304/sockets/plasma_store"
_MAX_LENGTH = _MAX_SOCKET_PATH - len(_LONGEST_SOCKET)


def ray_folder(environ: Mapping[str, str]) -> Path:
    """As Ray chooses it; what Python takes for temporary files may be elsewhere."""
    return Path(environ.get("RAY_TMPDIR", environ.get("TMPDIR", "/tmp")))


def latest_logs(environ: Mapping[str, str]) -> Path:
    """Of the Ray that was started last."""
    return ray_folder(environ) / "ray" / "session_latest" / "logs"


def folder_problem(folder: Path) -> str | None:
    """Why Ray cannot have its sessions there; None where it can."""
    if not folder.is_dir():
        return f"there is no folder {folder}"
    if not os.access(folder, os.W_OK):
        return f"{folder} cannot be written to"
    if len(str(folder)) > _MAX_LENGTH:
        return f"the path of {folder} is too long for sockets, with more than {_MAX_LENGTH} characters"
    return None
