"""The origins of `cors.allow_origins` for those who answer before any replica has its settings.

A file of this machine, one origin a line. The process that hands settings to replicas writes it, each time
before it does so; HAProxy reads it when it starts, as it does whenever replicas come and go, and Ray's own
proxy when it answers by itself. Only the standard library: what starts HAProxy imports this.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path

from crosslate.models.whole_file import write_whole

_VARIABLE = "RAY_SERVE_CROSSLATE_ORIGINS"
"""Names the file, to all processes of a local Ray; elsewhere only replicas know of settings."""


def keep_in(folder: Path, environ: MutableMapping[str, str]) -> None:
    """Have the file there, whatever an outer service has said; to be called before Ray starts."""
    environ[_VARIABLE] = str(folder / "origins")


def write(origins: Sequence[str], environ: Mapping[str, str]) -> None:
    """Whole: others may read it at any time."""
    if (path := _path(environ)) is not None:
        write_whole(path, "".join(f"{origin}\n" for origin in origins).encode())


def origins_file(environ: Mapping[str, str]) -> Path | None:
    """Where they stand; None where no page of another origin may call the service, or nobody has said so."""
    path = _path(environ)
    return path if path is not None and read(environ) else None


def read(environ: Mapping[str, str]) -> list[str]:
    """Those that may; none where nobody has said so."""
    path = _path(environ)
    try:
        return [] if path is None else path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _path(environ: Mapping[str, str]) -> Path | None:
    return Path(environ[_VARIABLE]) if _VARIABLE in environ else None
