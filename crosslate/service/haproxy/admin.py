"""HAProxy's admin socket, as far as it is asked."""

from __future__ import annotations

import csv
import re
import socket
from pathlib import Path

_PATIENCE_S = 10.0
"""For one that is there, on a busy machine; where nobody is, that is known at once."""
_MUCH = 65536


def admin_socket(config: str) -> str | None:
    """Where the configuration puts the admin socket."""
    found = re.search(r"^    stats socket (\S+)", config, re.MULTILINE)
    return found[1] if found else None


def is_taken(path: str) -> bool:
    """Whether a process has the socket, however long it takes to answer."""
    try:
        with socket.socket(socket.AF_UNIX) as admin:
            admin.settimeout(_PATIENCE_S)
            admin.connect(path)
    except (TimeoutError, BlockingIOError):  # it does not take connections at the moment
        return True
    except OSError:
        return False
    return True


def running_pid(path: str) -> int | None:
    """The process that answers there; None where none does."""
    found = re.search(r"^Pid: (\d+)", ask(path, "show info"), re.MULTILINE)
    return int(found[1]) if found else None


def replicas_known(path: str) -> set[str]:
    """The names of the replicas that requests are given to; none where nobody answers."""
    rows = csv.DictReader(ask(path, "show stat").removeprefix("# ").splitlines())
    servers = (row for row in rows if row["pxname"].startswith("http-") and row["svname"] != "BACKEND")
    return {row["svname"] for row in servers if row["act"] == "1"}


def ask(path: str, command: str) -> str:
    """What it says to a command; nothing where nobody answers."""
    if not Path(path).exists():
        return ""
    answer = b""
    try:
        with socket.socket(socket.AF_UNIX) as admin:
            admin.settimeout(_PATIENCE_S)
            admin.connect(path)
            admin.sendall(f"{command}\n".encode())
            while some := admin.recv(_MUCH):
                answer += some
    except OSError:
        return ""
    return answer.decode(errors="replace")
