"""Whether a server can be connected to; with real sockets, as far as there are any here."""

from __future__ import annotations

import socket

import pytest

from crosslate.models.checkpoints import hub_reach
from crosslate.models.checkpoints.hub_reach import check_reachable


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_something_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        check_reachable(f"http://127.0.0.1:{server.getsockname()[1]}/path")


def test_nothing_does() -> None:
    with pytest.raises(ConnectionError, match=r"^127\.0\.0\.1: Connection refused$"):
        check_reachable("http://127.0.0.1:1")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 70])
def test_a_name_that_is_nobodys(host: str) -> None:
    with pytest.raises(ConnectionError, match=rf"^{host}: \S"):
        check_reachable(f"https://{host}")


def test_a_proxy_is_left_to_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:2")
    check_reachable("http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(ConnectionError):
        check_reachable("http://127.0.0.1:1")


def test_silence_is_told_and_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue of connections that is full drops what comes next."""
    monkeypatch.setattr(hub_reach, "PATIENCE_S", 0.1)
    monkeypatch.setattr(hub_reach, "LIMIT_S", 0.3)
    said: list[str] = []
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        address = server.getsockname()
        with socket.create_connection(address), pytest.raises(OSError, match=r"no answer within|timed out"):
            check_reachable(f"http://127.0.0.1:{address[1]}", said.append)
    assert said == ["Waiting for 127.0.0.1, which has not answered for 0.1 s"]
