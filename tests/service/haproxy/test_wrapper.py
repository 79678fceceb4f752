"""The real HAProxy with the configuration that the installed Ray Serve writes, and our edits of it."""

from __future__ import annotations

import dataclasses
import json
import re
import socket
import subprocess
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from crosslate.service.haproxy.wrapper import (
    MAX_HEADER_BYTES,
    REPEATED_BYTES,
    RETRY_AFTER_S,
    EdgeLimits,
    write_haproxy_wrapper,
)
from tests.service.haproxy.conftest import BRIEF, Start, check_problem
from tests.service.haproxy.replica import replica

POST = b"POST /v1/translate HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"


def connect(url: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])))
    connection.settimeout(30)
    return connection


def drip(url: str, head: bytes) -> bytes:
    """A byte every tenth of a second until the other side has had enough, or for 20 s; what it said."""
    with connect(url) as connection:
        connection.sendall(head)
        connection.settimeout(0.1)
        received = b""
        for _ in range(200):
            try:
                received += (some := connection.recv(65536))
                if not some:
                    return received
            except TimeoutError:
                connection.sendall(b"a")
            except ConnectionResetError:
                return received
    raise AssertionError("never cut off")


def parsed(raw: bytes) -> httpx.Response:
    head, _, body = raw.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = [(name, value) for name, value in (line.split(": ", 1) for line in lines)]
    return httpx.Response(int(status.split()[1]), headers=headers, content=body)


def test_a_replica_gets_its_requests(served: str) -> None:
    assert httpx.get(served).text == "served"
    assert httpx.post(served, content=b"x" * 200_000).text == "served"
    assert httpx.post(served, content=b"x", headers={"Expect": "100-continue"}).text == "served"


def test_nobody_is_asked_to_speak_another_protocol(served: str) -> None:
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    headers["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    response = httpx.get(served, headers=headers)
    assert (response.status_code, response.text) == (200, "served")


def test_who_closes_for_sending_has_left_and_is_told_so(served: str) -> None:
    """It looks as a client does that has gone; nothing is computed for those."""
    with connect(served) as connection:
        connection.sendall(b"GET /silent HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    check_problem(parsed(received), 400, "bad_request")
    assert "keep it open" in parsed(received).json()["detail"]


def test_what_is_said_while_there_is_no_application(start: Start) -> None:
    url = start()
    response = httpx.post(f"{url}/v1/translate", json={"text": "x"}, headers={"X-Request-ID": "r-1"})
    check_problem(response, 503, "loading")
    assert response.headers["retry-after"] == str(RETRY_AFTER_S)
    assert response.json()["request_id"] == "r-1"
    live = httpx.get(f"{url}/livez")
    assert (live.status_code, live.json()) == (200, {"status": "ok"})
    assert httpx.get(f"{url}//livez/").status_code == 200
    check_problem(httpx.get(f"{url}/readyz"), 503, "loading")


def test_what_is_said_where_the_replica_has_gone(start: Start) -> None:
    """At first it cannot be reached, then HAProxy knows that there is none."""
    with replica() as port:
        url = start(port)
        assert httpx.get(url).text == "served"
    check_problem(httpx.get(url), 503, "unavailable")
    deadline = time.monotonic() + 120
    while (response := httpx.get(url)).json()["code"] == "unavailable" and time.monotonic() < deadline:
        time.sleep(0.1)
    check_problem(response, 503, "loading")
    check_problem(httpx.post(url, content=b"x" * 2 * REPEATED_BYTES), 503, "loading")


@pytest.mark.parametrize(("health", "expected"), [(b"DRAINING", 200), (b"UNHEALTHY", 503)])
def test_who_is_to_go_still_takes_requests(start: Start, health: bytes, expected: int) -> None:
    """HAProxy may be slow to hear of the one in its place, and would know none at all until then."""
    asked: Counter[bytes] = Counter()
    with replica(asked, health) as port:
        url = start(port)
        deadline = time.monotonic() + 120
        while asked[b"/-/healthz"] < 3 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert asked[b"/-/healthz"] >= 3
        assert httpx.get(url).status_code == expected


@pytest.mark.parametrize("sent", ["r-1", "x" * 128, "a/b+c=", "me@host:1~2"])
def test_a_sane_request_id_is_repeated(start: Start, sent: str) -> None:
    response = httpx.get(f"{start()}/readyz", headers={"X-Request-ID": sent})
    assert response.json()["request_id"] == response.headers["x-request-id"] == sent


def test_of_two_request_ids_none_is_repeated(start: Start) -> None:
    response = httpx.get(f"{start()}/readyz", headers=[("X-Request-ID", "one"), ("X-Request-ID", "two")])
    assert response.json()["request_id"] == response.headers["x-request-id"] not in ("one", "two")


@pytest.mark.parametrize("sent", [None, 'a"b', "x" * 129, "%[src]", "a,b", "a b", "a,"])
def test_a_request_id_that_is_not_to_be_repeated(start: Start, sent: str | None) -> None:
    response = httpx.get(f"{start()}/readyz", headers={} if sent is None else {"X-Request-ID": sent})
    assert response.json()["request_id"] == response.headers["x-request-id"] != sent


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("/closes", 502, "replica_failed"), ("/garbage", 502, "replica_failed"), ("/silent", 504, "timeout")],
)
def test_a_replica_that_fails(served: str, path: str, status: int, code: str) -> None:
    check_problem(httpx.get(f"{served}{path}", timeout=30), status, code)


def test_a_replica_may_take_longer_than_a_client_may_pause(start: Start) -> None:
    with replica() as port:
        limits = EdgeLimits(headers_s=1, body_s=1, client_s=1, server_s=30)
        assert httpx.get(f"{start(port, limits=limits)}/late", timeout=30).text == "served"


def test_headers_that_drip_are_cut_off(served: str) -> None:
    assert drip(served, b"GET / HTTP/1.1\r\nX-Slow: ").startswith(b"HTTP/1.1 408 ")


def test_a_body_that_drips_is_cut_off(served: str) -> None:
    check_problem(parsed(drip(served, POST)), 408, "request_timeout")


def test_a_body_that_stops_behind_what_is_buffered_is_cut_off(served: str) -> None:
    with connect(served) as connection:
        connection.sendall(POST.replace(b"1000", b"1000000") + b"x" * 300_000)
        check_problem(parsed(connection.recv(65536)), 400, "bad_request")


def test_a_connection_that_nobody_uses_is_closed_in_silence(served: str) -> None:
    with connect(served) as connection:
        assert connection.recv(65536) == b""


def test_headers_that_are_too_large(served: str) -> None:
    check_problem(httpx.get(served, headers={"X-Large": "x" * MAX_HEADER_BYTES}), 431, "headers_too_large")
    many = {f"X-{number}": "1" for number in range(150)}
    check_problem(httpx.get(served, headers=many), 431, "headers_too_large")
    check_problem(httpx.get(f"{served}/{'a' * MAX_HEADER_BYTES}"), 414, "uri_too_long")


def test_a_method_that_nobody_knows_and_a_path_that_is_none(served: str) -> None:
    refused = httpx.request("BREW", served)
    check_problem(refused, 405, "method_not_allowed")
    assert "POST" in refused.headers["allow"].split(",")
    for line, status, code in (
        (b"get /", 405, "method_not_allowed"),
        (b"CONNECT a:80", 405, "method_not_allowed"),
        (b"OPTIONS *", 404, "not_found"),
    ):
        with connect(served) as connection:
            connection.sendall(line + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            check_problem(parsed(connection.recv(65536)), status, code)


def test_what_is_no_http_is_a_400(served: str) -> None:
    """HAProxy's parser answers before any configuration counts: not in our form, but with that status."""
    with connect(served) as connection:
        connection.sendall(b"GARBAGE\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_connections_that_are_kept_leave_room_for_others(served: str) -> None:
    with ExitStack() as stack:
        kept = []
        for _ in range(2 * BRIEF.max_connections):
            client = stack.enter_context(httpx.Client(timeout=30))
            kept.append(client.get(served).headers.get("connection") != "close")
        assert kept[0], "while there is room"
        assert BRIEF.max_connections // 2 < sum(kept) <= BRIEF.max_connections * 3 // 4 + 1
        assert httpx.get(served, timeout=30).text == "served"


def test_connections_that_say_nothing_hold_up_others_for_a_moment_only(served: str) -> None:
    with ExitStack() as stack:
        for _ in range(3 * BRIEF.max_connections):
            stack.enter_context(connect(served))
        assert httpx.get(served, timeout=30).text == "served"


def test_it_listens_where_the_service_does_and_nowhere_else(served: str, tmp_path: Path) -> None:
    """Neither its page of statistics nor its metrics, which anyone could read on every address."""
    config = (tmp_path / "haproxy.cfg").read_text()
    assert re.findall(r"^ *bind (?!unix@)(.*)$", config, re.MULTILINE) == [served.removeprefix("http://")]
    sockets = list(tmp_path.glob("*.sock"))
    assert len(sockets) == 3
    assert {oct(each.stat().st_mode & 0o777) for each in sockets} == {"0o600"}


def test_the_wrapper_turns_splicing_off(tmp_path: Path) -> None:
    binary = tmp_path / "with a blank" / "haproxy"
    binary.parent.mkdir()
    binary.write_text('#!/bin/sh\necho "$@"\n')
    binary.chmod(0o755)
    wrapper = write_haproxy_wrapper(tmp_path, str(binary))
    answer = subprocess.run([wrapper, "-f", "a b.cfg"], capture_output=True, text=True, check=True)
    assert answer.stdout == "-dS -f a b.cfg\n"
    assert json.loads((tmp_path / "blocks.json").read_text())["max_connections"] > 4096


def test_another_version_may_be_installed_while_it_runs(tmp_path: Path) -> None:
    """It would read what this one has written, and HAProxy not start again where replicas come or go."""
    text = write_haproxy_wrapper(tmp_path, "haproxy").read_text()
    (imported_from,) = re.findall(r"sys\.path\.append\((.*)\)", text)
    assert str(tmp_path) in imported_from


def half_sent(url: str, address: str) -> socket.socket:
    """A long body that stands still when HAProxy has handed it on."""
    port = int(url.rsplit(":", 1)[1])
    connection = socket.create_connection(("127.0.0.1", port), source_address=(address, 0))
    head = b"POST /v1/translate HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n"
    connection.sendall(head + b"x" * (MAX_HEADER_BYTES + REPEATED_BYTES))
    return connection


def test_one_address_leaves_others_room_for_long_bodies(start: Start) -> None:
    """Of five connections for these it has two; whoever speaks TLS on this machine is no one address."""
    asked: Counter[bytes] = Counter()
    long = b"x" * (REPEATED_BYTES + 1)
    with replica(asked) as port, ExitStack() as stack:
        url = start(port, dataclasses.replace(BRIEF, client_s=60, max_connections=40))
        for address in ("127.0.0.2", "127.0.0.2", "127.0.0.1"):
            stack.enter_context(half_sent(url, address))
        crowd = httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2"))
        stack.enter_context(crowd)
        while (refused := crowd.post(f"{url}/v1/translate", content=long)).status_code == 200:
            time.sleep(0.01)  # the others' have not come so far
        assert refused.headers["retry-after"] == str(RETRY_AFTER_S)
        assert (refused.status_code, refused.json()["code"]) == (429, "queue_full")
        assert crowd.post(f"{url}/v1/translate", content=b"short").status_code == 200
        assert httpx.post(f"{url}/v1/translate", content=long).status_code == 200
