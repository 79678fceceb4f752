"""Two nodes of Ray in network namespaces: one is killed while it is asked, and another one comes."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadtests.faults.cluster import Cluster, is_ready, two_nodes
from loadtests.faults.nodes import Node, can_have_two_nodes
from tests.service.e2e.asking import asking

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

LIMIT_S = 600.0
CONFIG: dict[str, Any] = {
    "proxy_location": "EveryNode",
    "http_options": {"host": "0.0.0.0", "port": 8000},
    "logging_config": {"log_level": "WARNING", "enable_access_log": False},
    "applications": [
        {
            "name": "crosslate",
            "route_prefix": "/",
            "import_path": "crosslate.service.app:build_app",
            "args": {
                # One of these on each node; the dedicated model finds room on the second one only.
                "gateway": {"num_replicas": 2, "num_cpus": 2},
                "models": [
                    {"id": "starter/en-pt"},
                    {"id": "starter/pt-en", "placement": "dedicated", "num_cpus": 3},
                ],
            },
        }
    ],
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    if not can_have_two_nodes():
        pytest.skip("needs to make network namespaces: root, its rights, and ip (iproute2)")
    # Ray has sockets below it, whose paths must be short.
    with (
        tempfile.TemporaryDirectory(prefix="cl-", ignore_cleanup_errors=True) as folder,
        two_nodes(Path(folder), nodes=(Node(1, num_cpus=2), Node(2, num_cpus=5))) as cluster,
    ):
        cluster.deploy(json.dumps(CONFIG))
        cluster.wait_until(lambda: is_well(cluster), "the service ready on both nodes", LIMIT_S)
        yield cluster


def is_well(cluster: Cluster) -> bool:
    """Both proxies have both gateways."""
    return cluster.servers_up() == [2, 2] and all(
        is_ready(node.url) for node in (cluster.head, cluster.worker)
    )


def translate(node: Node, source: str, target: str, text: str = "A casa é azul.") -> httpx.Response:
    content = {"text": text, "source_lang": source, "target_lang": target, "timeout_s": 60}
    return httpx.post(f"{node.url}/v1/translate", json=content, timeout=120)


def gateways(node: Node) -> int:
    return len(node.find("ray::ServeReplica:crosslate:Gateway"))


def test_either_proxy_reaches_every_replica(cluster: Cluster) -> None:
    head, worker = cluster.head, cluster.worker
    assert (gateways(head), gateways(worker)) == (1, 1)
    assert not head.find("ray::ServeReplica:crosslate:starter--pt-en")
    for node in (head, worker):
        for source, target in (("en", "pt"), ("pt", "en")):
            # So many that both gateways have some.
            statuses = {translate(node, source, target).status_code for _ in range(6)}
            assert statuses == {200}


def test_nothing_is_lost_where_a_node_is_killed_and_comes_back(cluster: Cluster) -> None:
    head, worker = cluster.head, cluster.worker
    with asking(head.url) as answers:
        worker.kill_all()
        cluster.wait_until(lambda: max(cluster.servers_up()) == 1, "the proxy without the lost one", LIMIT_S)
        cluster.start_worker()
        cluster.wait_until(lambda: is_well(cluster), "the service on both nodes again", LIMIT_S)
    assert set(answers) == {"200"}
    assert gateways(worker) == 1
    assert translate(worker, "pt", "en").status_code == 200, "the dedicated model is back"
