"""HAProxy's admin socket, as far as it says who is there."""

from __future__ import annotations

import re
import socket
from pathlib import Path

_PATIENCE_S = 1.0
_MUCH = 65536


def admin_socket(config: str) -> str | None:
    """Where the configuration puts the admin socket."""
    found = re.search(r"^    stats socket (\S+)", config, re.MULTILINE)
    return found[1] if found else None


def running_pid(path: str) -> int | None:
    """The process that answers there; None where none does."""
    if not Path(path).exists():
        return None
    try:
        with socket.socket(socket.AF_UNIX) as admin:
            admin.settimeout(_PATIENCE_S)
            admin.connect(path)
            admin.sendall(b"show info\n")
            info = b""
            while some := admin.recv(_MUCH):
                info += some
    except OSError:
        return None
    found = re.search(rb"^Pid: (\d+)", info, re.MULTILINE)
    return int(found[1]) if found else None
