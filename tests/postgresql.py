"""A PostgreSQL of the machine's own packages, for as long as the tests need it."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

INSTALL = "PostgreSQL is not installed: apt-get install -y --no-install-recommends postgresql"
_START_LIMIT_S = 60
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "synchronous_commit": "off",
    "shared_buffers": "16MB",
    "max_connections": "40",
}


def _programs() -> Path | None:
    """Debian keeps them out of the path, a folder for each version."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).parent] if on_path else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _other_user() -> str | None:
    """PostgreSQL does not run as root."""
    if os.getuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


@contextmanager
def running_postgresql() -> Iterator[str]:
    """The URL of a server, with a password, up to the name of a database.

    Skips the test where PostgreSQL is not installed.
    """
    programs, user = _programs(), _other_user()
    if programs is None:
        pytest.skip(INSTALL)
    folder = Path(tempfile.mkdtemp(prefix="crosslate-pg-", dir="/tmp"))
    if user is not None:
        shutil.chown(folder, user)
    data, password_file, port = folder / "data", folder / "password", _free_port()
    password = secrets.token_hex(8)
    password_file.write_text(password)
    password_file.chmod(0o644)
    options = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
    initdb = [f"{programs}/initdb", "--no-sync", "-A", "scram-sha-256", "-U", "tests", "-D", str(data)]
    server = None
    try:
        subprocess.run(
            [*initdb, f"--pwfile={password_file}"], user=user, check=True, capture_output=True, cwd=folder
        )
        command = [f"{programs}/postgres", "-D", str(data), "-p", str(port), "-k", str(folder), *options]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(command, user=user, stdout=log, stderr=log, cwd=folder)
        url = f"postgresql://tests:{password}@127.0.0.1:{port}"
        _wait(url, server, folder / "log")
        yield url
    finally:
        if server is not None:
            server.send_signal(signal.SIGQUIT)  # at once: nothing is kept, and clients may still be connected
            server.wait(_START_LIMIT_S)
        shutil.rmtree(folder)


def _wait(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while True:
        assert server.poll() is None, log.read_text()
        try:
            psycopg.connect(f"{url}/postgres").close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        else:
            return


def new_database(server_url: str) -> str:
    """The URL of an empty one."""
    name = f"t{secrets.token_hex(6)}"
    with psycopg.connect(f"{server_url}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return f"{server_url}/{name}"
