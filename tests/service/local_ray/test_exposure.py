"""Real sockets of processes that have the names of Ray's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from crosslate.service.local_ray import exposure, ray_checks
from crosslate.service.local_ray.exposure import Listener, find_listeners

LISTEN = """
import socket, sys
address = sys.argv[1] if sys.argv[1][:1].isdigit() else "0.0.0.0"
listener = socket.create_server((address, 0))
print(listener.getsockname()[1], flush=True)
sys.stdin.read()
"""

Listen = Callable[..., int]


@pytest.fixture
def listen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listen]:
    """Starts a process of some name that listens; gives its port. No others are looked at."""
    ports: set[int] = set()
    find = exposure.find_listeners
    monkeypatch.setattr(exposure, "find_listeners", lambda: tuple(x for x in find() if x.port in ports))
    with ExitStack() as stack:

        def start(program: str, address: str, mode: str | None = None) -> int:
            executable = tmp_path / program
            if not executable.exists():
                executable.symlink_to(sys.executable)
            environ = {name: value for name, value in os.environ.items() if name != "RAY_AUTH_MODE"}
            process = stack.enter_context(
                subprocess.Popen(
                    [program, "-IS", "-c", LISTEN, address],
                    executable=executable,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env=environ if mode is None else {**environ, "RAY_AUTH_MODE": mode},
                )
            )
            assert process.stdin is not None
            stack.callback(process.stdin.close)
            assert process.stdout is not None
            port = int(process.stdout.readline())
            ports.add(port)
            return port

        yield start


@pytest.fixture
def run_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listen]:
    """As `listen`, but it is Python that runs, with a script of this path, or as a module."""
    find = exposure.find_listeners
    pids: set[int] = set()
    monkeypatch.setattr(exposure, "find_listeners", lambda: tuple(x for x in find() if x.pid in pids))
    with ExitStack() as stack:

        def start(
            path: str, mode: str, module: str | None = None, words: Sequence[str] = ("0.0.0.0",)
        ) -> int:
            script = tmp_path / path
            script.parent.mkdir(parents=True, exist_ok=True)
            script.write_text(LISTEN)
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, *(["-Sm", module] if module else ["-ISu", script]), *words],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env={**os.environ, "RAY_AUTH_MODE": mode, "PYTHONPATH": str(tmp_path)},
                    cwd=tmp_path,
                )
            )
            assert process.stdin is not None
            stack.callback(process.stdin.close)
            assert process.stdout is not None
            pids.add(process.pid)
            return int(process.stdout.readline())

        yield start


def test_without_ray_there_is_nothing_to_reach(listen: Listen) -> None:
    listen("something-else", "0.0.0.0")
    finding = ray_checks.check_exposure()
    assert (finding.status, finding.remedy) == ("ok", None)


def test_on_this_machine_only(listen: Listen) -> None:
    listen("gcs_server", "127.0.0.1")
    finding = ray_checks.check_exposure()
    assert (finding.status, finding.detail) == ("ok", "1 port, for this machine only")
    listen("ray::ServeReplica", "127.0.0.1")
    finding = ray_checks.check_exposure()
    assert (finding.status, finding.detail) == ("ok", "2 ports, for this machine only")


def test_a_cluster_without_tokens_is_open_to_everyone(listen: Listen) -> None:
    port = listen("gcs_server", "0.0.0.0")
    listen("raylet", "0.0.0.0", "token")
    finding = ray_checks.check_exposure()
    assert finding.status == "fail"
    assert f"0.0.0.0:{port} (gcs_server)" in finding.detail
    assert "raylet" not in finding.detail
    assert "RAY_AUTH_MODE=token" in (finding.remedy or "")


def test_a_cluster_with_tokens_should_still_be_fenced_in(listen: Listen) -> None:
    listen("raylet", "0.0.0.0", "token")
    finding = ray_checks.check_exposure()
    assert finding.status == "warn"
    assert "firewall" in (finding.remedy or "")


def test_the_service_itself_asks_for_nothing(listen: Listen) -> None:
    listen("raylet", "127.0.0.1", "token")
    port = listen("haproxy", "0.0.0.0")
    finding = ray_checks.check_exposure()
    assert finding.status == "warn"
    assert f"0.0.0.0:{port} (haproxy)" in finding.detail


@pytest.mark.parametrize(("mode", "status"), [("disabled", "fail"), ("token", "warn")])
def test_the_dashboard_is_a_script(run_script: Listen, mode: str, status: str) -> None:
    """Whoever reaches it may submit jobs."""
    port = run_script("lib/python3.11/site-packages/ray/dashboard/dashboard.py", mode)
    finding = ray_checks.check_exposure()
    assert finding.status == status
    assert f"0.0.0.0:{port} (dashboard)" in finding.detail


def test_the_server_of_ray_client_is_a_module(run_script: Listen) -> None:
    port = run_script("ray/util/client/server.py", "disabled", "ray.util.client.server")
    assert f"0.0.0.0:{port} (ray.util.client.server)" in ray_checks.check_exposure().detail


@pytest.mark.parametrize(
    ("path", "words"), [("bin/crosslate", ["serve"]), ("crosslate.py", ["serve", "--port", "8000"])]
)
def test_a_service_on_a_cluster_is_a_driver_that_listens(
    run_script: Listen, path: str, words: list[str]
) -> None:
    module = path.removesuffix(".py") if path.endswith(".py") else None
    port = run_script(path, "disabled", module, words)
    assert f"0.0.0.0:{port} (crosslate serve)" in ray_checks.check_exposure().detail


def test_other_commands_of_the_service_are_no_drivers(run_script: Listen) -> None:
    run_script("bin/crosslate", "disabled", None, ["translate"])
    assert ray_checks.check_exposure().status == "ok"


def test_scripts_in_a_folder_of_some_other_ray_are_not_rays(run_script: Listen) -> None:
    run_script("home/ray/dashboard/dashboard.py", "disabled")
    assert ray_checks.check_exposure().status == "ok"


@pytest.mark.parametrize(
    ("address", "is_local"),
    [
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("::ffff:0.0.0.0", False),
        ("192.0.2.1", False),
        ("fe80::1%eth0", False),
    ],
)
def test_addresses_of_this_machine(address: str, is_local: bool) -> None:
    assert Listener("raylet", address, 1, asks_for_token=True, pid=1).is_local is is_local


def test_they_come_by_port(listen: Listen) -> None:
    ports = {listen("raylet", "127.0.0.1", "token") for _ in range(3)}
    found = [listener for listener in find_listeners() if listener.port in ports]
    assert [listener.port for listener in found] == sorted(ports)
    assert all(listener.asks_for_token and listener.program == "raylet" for listener in found)
