from __future__ import annotations

import dataclasses
import json
import subprocess

import pytest

from crosslate.service.local_ray import ray_checks
from crosslate.service.local_ray.exposure import Listener

CLOSED = Listener("raylet", "127.0.0.1", 1, asks_for_token=True, pid=1)
FENCED = Listener("gcs_server", "0.0.0.0", 6379, asks_for_token=True, pid=2)
OPEN = Listener("raylet", "0.0.0.0", 4321, asks_for_token=False, pid=3)


def test_a_ray_that_fails_shows_its_last_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(command: list[str], **_: object) -> None:
        raise subprocess.CalledProcessError(1, command, stderr="Traceback\nConnectionError: nobody there\n")

    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    monkeypatch.setattr(subprocess, "run", fail)
    finding = ray_checks.check_ray()
    assert finding.status == "fail"
    assert finding.detail == "the cluster at 10.0.0.1:6379 failed: ConnectionError: nobody there"


def test_a_ray_that_hangs_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: list[str], *, timeout: float, **_: object) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(subprocess, "run", hang)
    assert ray_checks.check_ray(limit_s=5).detail == "a local Ray did not answer within 5 s"


def answering(found: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, f"a line of Ray's\n{json.dumps(found)}\n")

    monkeypatch.setattr(subprocess, "run", run)


def test_the_worst_of_a_clusters_nodes_counts_and_each_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    nodes = {"10.0.0.1": [FENCED], "10.0.0.2": [CLOSED, OPEN], "10.0.0.3": []}
    answering(
        {node: [dataclasses.asdict(listener) for listener in found] for node, found in nodes.items()},
        monkeypatch,
    )
    finding = ray_checks.check_nodes()
    assert finding.status == "fail"
    first, second, third = finding.detail.split("; 10.")
    assert first.startswith("10.0.0.1: other machines reach 0.0.0.0:6379 (gcs_server)")
    assert second.endswith("can run programs here: 0.0.0.0:4321 (raylet)")
    assert third == "0.0.3: no Ray of this user runs on this machine"
    assert "RAY_AUTH_MODE=token" in (finding.remedy or "")


def test_a_node_that_cannot_be_looked_at_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    answering({"10.0.0.1": [dataclasses.asdict(CLOSED)], "10.0.0.2": "no module crosslate"}, monkeypatch)
    finding = ray_checks.check_nodes()
    assert (finding.status, finding.remedy is None) == ("warn", False)
    assert "10.0.0.2: could not be looked at: no module crosslate" in finding.detail


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (subprocess.TimeoutExpired("python", 5), "its nodes did not answer within 5 s"),
        (
            subprocess.CalledProcessError(1, "python", stderr="RuntimeError: no token\n"),
            "its nodes could not be looked at: RuntimeError: no token",
        ),
    ],
)
def test_a_cluster_whose_nodes_cannot_be_looked_at(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(subprocess, "run", fail)
    finding = ray_checks.check_nodes(limit_s=5)
    assert (finding.status, finding.detail) == ("fail", said)
