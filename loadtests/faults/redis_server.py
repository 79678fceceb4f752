"""A Redis for Ray's control service, outside the nodes."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

INSTALL = "apt-get install -y redis-server"
_PORT = 6399


@dataclass(frozen=True, slots=True)
class Redis:
    """Where it is, and what it asks for."""

    address: str
    password: str


@contextlib.contextmanager
def started_redis(host: str, folder: Path) -> Iterator[Redis]:
    """One that listens on this address of the machine, and writes each change to a disk at once.

    Raises:
        FileNotFoundError: there is no `redis-server`.
    """
    binary = shutil.which("redis-server")
    if binary is None:
        raise FileNotFoundError(f"no redis-server here: {INSTALL}")
    password = secrets.token_hex(16)
    settings = {
        "bind": host,
        "port": str(_PORT),
        "dir": str(folder),
        "requirepass": password,
        "appendonly": "yes",
        "appendfsync": "always",
    }
    config = folder / "redis.conf"
    config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()), encoding="utf-8")
    with (folder / "redis.log").open("w") as log:
        process = subprocess.Popen([binary, str(config)], stdout=log, stderr=log)
        try:
            yield Redis(f"{host}:{_PORT}", password)
        finally:
            process.terminate()
            process.wait(30)
