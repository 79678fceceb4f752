"""Where packed weights are kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal


def weights_folder(given: Path | Literal["none"] | None) -> Path | None:
    """None where none are kept; what is not given is as the XDG base directory specification has it.

    A user without a home folder has none either, unless one is given.
    """
    if given is not None:
        return None if given == "none" else Path(given)
    cache = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:
        base = cache if cache.is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None
    return base / "crosslate" / "weights"
