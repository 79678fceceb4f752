"""A file that is there as a whole, or as it was before. Only the standard library, and little of it."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file beside the place that it then takes.

    So a full disk leaves there what was there, and whoever reads it meanwhile has all of one or of the other.

    What is no plain file (a pipe, a device), or is in a folder that takes no other, is written where it is.

    Raises:
        OSError: it cannot be; names the file.
    """
    place = path.resolve()
    try:
        if (place.exists() and not place.is_file()) or not os.access(place.parent, os.W_OK):
            place.write_bytes(data)
        else:
            _write_beside(place, data)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def _write_beside(place: Path, data: bytes) -> None:
    beside = place.with_name(f".crosslate-{os.getpid()}.part")
    try:
        beside.write_bytes(data)
        if place.exists():
            beside.chmod(stat.S_IMODE(place.stat().st_mode))
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)
