"""Whether replicas come with load and go after it, and what is lost meanwhile, as a table.

    uv run python -m loadtests.scaling

A service with one to `--replicas` replicas of the gateway, and as many of a dedicated model. One client asks
all the while; `--clients` more come, until all replicas are there, and leave; then replicas go until one of
each is left. Serve looks at the mean of the last half minute, so all of it takes some minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from loadtests.faults.load import Course, lost_by_result, under_load
from loadtests.processes import command_of, replica_pids
from loadtests.running_service import Service, started_service
from loadtests.tables import markdown_table

DEPLOYMENTS = ("Gateway", "starter--pt-en")
_LIMIT_S = 600.0
_POLL_S = 0.5


def settings(num_replicas: int) -> dict[str, object]:
    """Each replica is to have two requests under way, and Serve does not wait before it acts."""
    autoscaling = {
        "max_replicas": num_replicas,
        "target_ongoing_requests": 2,
        "upscale_delay_s": 0,
        "downscale_delay_s": 0,
    }
    dedicated = {"id": "starter/pt-en", "placement": "dedicated", "autoscaling": autoscaling}
    return {"gateway": {"autoscaling": autoscaling}, "models": [{"id": "starter/en-pt"}, dedicated]}


def replicas(service: Service, deployment: str) -> int:
    """How many processes it has, those that load included."""
    title = f"ray::ServeReplica:crosslate:{deployment}"
    return sum(command_of(pid).startswith(title) for pid in replica_pids(service.pid))


class Scaling:
    """One run, and what was seen of it."""

    def __init__(self, service: Service, num_replicas: int, clients: int) -> None:
        self._service = service
        self._num_replicas = num_replicas
        self._clients = clients
        self._reached_s: dict[tuple[str, str], float] = {}
        self._heavy = Course()

    async def run(self) -> str:
        """The table.

        Raises:
            TimeoutError: replicas did not come, or did not go.
        """
        light = await self._load(self._more_and_less, clients=1, pause_s=0.1)
        rows = [
            [deployment, *(f"{self._reached_s[phase, deployment]:.0f}" for phase in ("more", "less"))]
            for deployment in DEPLOYMENTS
        ]
        courses = [light, self._heavy]
        sent = sum(len(course.outcomes) for course in courses)
        lost = sum(len(course.lost) for course in courses)
        header = ["replicas of", f"{self._num_replicas} after s", "1 again after s"]
        return f"{markdown_table(header, rows)}\n\nsent: {sent}, lost: {lost} ({lost_by_result(courses)})"

    async def _more_and_less(self) -> None:
        self._heavy = await self._load(
            lambda: self._until("more", self._num_replicas), clients=self._clients, pause_s=0.0
        )
        await self._until("less", 1)

    async def _load(self, inject: Callable[[], Awaitable[None]], *, clients: int, pause_s: float) -> Course:
        return await under_load(
            [self._service.url], inject, clients=clients, before_s=1.0, after_s=5.0, pause_s=pause_s
        )

    async def _until(self, phase: str, number: int) -> None:
        began = time.monotonic()
        async with asyncio.timeout(_LIMIT_S):
            while missing := [name for name in DEPLOYMENTS if (phase, name) not in self._reached_s]:
                for name in missing:
                    if replicas(self._service, name) == number:
                        self._reached_s[phase, name] = time.monotonic() - began
                await asyncio.sleep(_POLL_S)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.scaling",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--replicas", type=int, default=2, help="of each deployment at most")
    parser.add_argument("--clients", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cl-") as folder:
        config = Path(folder) / "crosslate.yaml"
        config.write_text(json.dumps(settings(options.replicas)), encoding="utf-8")
        with started_service("--config", str(config)) as service:
            print(asyncio.run(Scaling(service, options.replicas, options.clients).run()))


if __name__ == "__main__":
    main()
