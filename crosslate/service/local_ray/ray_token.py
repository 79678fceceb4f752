"""The token that processes of a local Ray ask each other for, where the home folder cannot keep it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

_GIVEN_BY = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
_FILE = Path(".ray") / "auth_token"


def token_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """What a local Ray is to be told besides: nothing, or a token of its own that goes with its processes.

    Ray keeps one token for all of a user's, in `~/.ray/auth_token`, and does not start where it cannot:
    a read-only home folder, a user without one, as containers have them.

    Args:
        environ: of the process that starts Ray.
    """
    is_local = environ.get("RAY_ADDRESS", "local") in {"", "local"}
    is_asked_for = environ.get("RAY_AUTH_MODE", "token").lower() == "token"
    is_given = any(environ.get(name) for name in _GIVEN_BY)
    if not is_local or not is_asked_for or is_given or _can_be_kept():
        return {}
    return {"RAY_AUTH_TOKEN": secrets.token_hex(32)}


def _can_be_kept() -> bool:
    try:
        file = Path.home() / _FILE
        there = next(path for path in (file, *file.parents) if path.exists())
    except (RuntimeError, OSError):  # a user without a home folder; one whose home folder is closed to it
        return False
    return os.access(there, os.R_OK if there == file else os.W_OK)
