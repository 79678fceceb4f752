from __future__ import annotations

import contextlib
import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crosslate.service.commands.doctor import check_port
from crosslate.service.deployment.deployment import run
from crosslate.service.deployment.rollout import DeploymentError
from crosslate.service.local_ray import port_claims
from crosslate.service.local_ray.port_claims import PortsTakenError, claimed_block, claimed_port, last_free
from crosslate.service.local_ray.ray_environment import local_ray_environment
from crosslate.service.settings.config import Settings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is claimed")

CLAIM = """
import sys
from crosslate.service.local_ray.port_claims import claimed_block, claimed_port

with claimed_block() as ports, claimed_port("127.0.0.1", int(sys.argv[1])):
    print(ports[0], flush=True)
    sys.stdin.read()
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def another_service(port: int) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """One that is starting, and the first of its ports; nothing of it listens yet."""
    with subprocess.Popen(
        [sys.executable, "-c", CLAIM, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
        process.kill()


def test_two_services_that_start_together_have_ports_apart() -> None:
    with another_service(free_port()) as (_, first), claimed_block() as ports:
        assert first not in ports
        assert first % port_claims.BLOCK == ports[0] % port_claims.BLOCK == 0


def test_many_that_start_together_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port_claims, "claimed", claimed_here())
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(8) as threads:
        blocks = list(threads.map(lambda _: stack.enter_context(claimed_block()), range(13)))
        assert len({port for block in blocks for port in block}) == 13 * port_claims.BLOCK
        with pytest.raises(PortsTakenError, match="RAY_SERVE_DIRECT_INGRESS_MIN_HTTP_PORT"):
            stack.enter_context(claimed_block())
    with claimed_block() as ports:
        assert ports == blocks[0] or ports in blocks


def claimed_here() -> object:
    """Real claims, under names of their own, so that services beside the tests do not count."""
    original = port_claims.claimed
    return lambda name: original(f"test-{os.getpid()}/{name}")


def test_a_port_is_taken_before_anything_listens_there() -> None:
    port = free_port()
    with another_service(port) as (process, _):
        with pytest.raises(DeploymentError, match=rf"127.0.0.1:{port} .*in use.*--port"):
            run(Settings(port=port))
        assert check_port("127.0.0.1", port).status == "fail"
        with claimed_port("127.0.0.1", free_port()):
            pass
        process.kill()
        process.wait()
        with claimed_port("127.0.0.1", port):
            pass
    with claimed_port("127.0.0.1", port):
        pass


def test_a_claim_leaves_the_port_to_whoever_opens_it() -> None:
    port = free_port()
    with claimed_port("127.0.0.1", port), socket.create_server(("127.0.0.1", port)):
        pass


def test_what_listens_without_a_claim_is_noticed() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(OSError, match="in use"),
        claimed_port("127.0.0.1", other.getsockname()[1]),
    ):
        pass


def test_ports_that_others_use_are_passed_over() -> None:
    with claimed_block() as ports, socket.create_server(("", last_free(ports))) as other:
        assert last_free(ports) < other.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            last_free(range(other.getsockname()[1], other.getsockname()[1] + 1))


def test_an_error_in_the_block_is_not_taken_for_a_claim() -> None:
    with pytest.raises(FileNotFoundError), claimed_block():
        raise FileNotFoundError


def test_replicas_are_told_their_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> tuple[int, int, int]:
        prefix = "RAY_SERVE_DIRECT_INGRESS"
        names = (f"{prefix}_MIN_HTTP_PORT", f"{prefix}_MAX_HTTP_PORT", "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT")
        first, last, fallback = (int(os.environ[name]) for name in names)
        return first, last, fallback

    before = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    monkeypatch.setattr(os, "environ", dict(before))
    with local_ray_environment(max_timeout_s=1):
        one = told()
        monkeypatch.setattr(os, "environ", dict(before))
        with local_ray_environment(max_timeout_s=1):
            other = told()
    for first, last, fallback in (one, other):
        assert first < fallback <= last
    assert one[1] < other[0] or other[1] < one[0]


def test_ray_takes_its_ports_from_there() -> None:
    """The names of the variables, which Ray does not document."""
    ray = importlib.util.find_spec("ray")  # importing it warns
    assert ray is not None
    assert ray.origin is not None
    source = (Path(ray.origin).parent / "serve/_private/constants.py").read_text(encoding="utf-8")
    for name in ("DIRECT_INGRESS_MIN_HTTP_PORT", "DIRECT_INGRESS_MAX_HTTP_PORT", "FALLBACK_PROXY_HTTP_PORT"):
        assert f'"RAY_SERVE_{name}"' in source
