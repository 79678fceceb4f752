"""Where packed weights are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from crosslate.service.process.user_folders import user_folder


def weights_folder(given: Path | Literal["none"] | None) -> Path | None:
    """None where none are kept; what is not given is as the XDG base directory specification has it.

    A user without a home folder has none either, unless one is given.
    """
    if given is not None:
        return None if given == "none" else Path(given)
    try:
        return user_folder("XDG_CACHE_HOME", ".cache") / "crosslate" / "weights"
    except RuntimeError:
        return None
