"""Where a user's files are, as the XDG base directory specification has it."""

from __future__ import annotations

import os
from pathlib import Path


def user_folder(variable: str, default: str) -> Path:
    """What an environment variable names, if that is a whole path; else a folder in the user's home.

    Raises:
        RuntimeError: the user has no home folder.
    """
    named = Path(os.environ.get(variable, ""))
    return named if named.is_absolute() else Path.home() / default
