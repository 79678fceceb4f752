"""What clients lose when replicas are replaced while a part of the service is slow, as a table.

    uv run python -m loadtests.faults.slow

One gateway replica and one dedicated model of `crosslate serve` on this machine get other settings (SIGHUP)
again and again. Sixteen clients ask all the while, a quarter of them for streams, and four more keep a
connection that they use every fourteen seconds. `--only` names some of the cases, `--replicas` has several
gateways. Each case takes a minute or two.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from crosslate.service.process.machine import available_cpus
from loadtests.faults.load import Course, lost_by_result, under_load
from loadtests.faults.local import Service, started
from loadtests.tables import markdown_table

MODELS = [{"id": "starter/en-pt"}, {"id": "starter/pt-en", "placement": "dedicated"}]
_NUM_MODELS = 2
_INTO_S = 2.0
"""Of a change, when new replicas have been asked for and load."""
_RESTART_S = 20.0
"""For a replica to be started in the place of another one."""
_KEPT_PAUSE_S = 14.0
"""Of clients that keep a connection: longer than most things last."""
_MANAGER, _CONTROLLER, _HAPROXY = "ray::HAProxyManager", "ray::ServeController", "bin/haproxy -dS"
_GATEWAY = "ray::ServeReplica:crosslate:Gateway"


@dataclass(frozen=True, slots=True)
class Case:
    """Something that is slow, or ends, as replicas are replaced.

    Attributes:
        name: in the table.
        during: of the service, around the change.
    """

    name: str
    during: Callable[[Service], AbstractContextManager[object]]


def _once_loaded(do: Callable[[Service], None]) -> Callable[[Service], AbstractContextManager[object]]:
    @contextlib.contextmanager
    def during(service: Service) -> Iterator[None]:
        thread = service.once_loaded(_NUM_MODELS, lambda: do(service))
        yield
        thread.join()

    return during


def _soon(do: Callable[[Service], None]) -> Callable[[Service], AbstractContextManager[object]]:
    """While new replicas load."""

    @contextlib.contextmanager
    def during(service: Service) -> Iterator[None]:
        timer = threading.Timer(_INTO_S, do, [service])
        timer.start()
        yield
        timer.join()

    return during


def _hang_up_often(service: Service) -> None:
    """Nine times more within five seconds."""
    for _ in range(9):
        service.hang_up()
        time.sleep(0.5)


@contextlib.contextmanager
def _after_a_failed_change(service: Service) -> Iterator[None]:
    """The gateways are killed when a change has failed: what is started in their place is what was served."""
    print(service.reload_broken(), file=sys.stderr, flush=True)
    service.kill(_GATEWAY)
    time.sleep(_RESTART_S)
    yield


@contextlib.contextmanager
def _busy(service: Service) -> Iterator[None]:
    """Three processes for each CPU that only count."""
    command = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(command) for _ in range(3 * available_cpus())]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


CASES = (
    Case("nothing", lambda service: contextlib.nullcontext()),
    Case("HAProxy starts in 6 s", lambda service: service.slow_haproxy(6)),
    Case("HAProxy starts in 12 s", lambda service: service.slow_haproxy(12)),
    Case("HAProxy's manager stands still for 15 s", _once_loaded(lambda s: s.pause(_MANAGER, 15))),
    Case("Serve's controller stands still for 10 s", _once_loaded(lambda s: s.pause(_CONTROLLER, 10))),
    Case("three busy processes for each CPU", _busy),
    Case("HAProxy's manager killed", _once_loaded(lambda service: service.kill(_MANAGER))),
    Case("HAProxy killed", _once_loaded(lambda service: service.kill(_HAPROXY))),
    Case("Serve's controller killed", _once_loaded(lambda service: service.kill(_CONTROLLER))),
    Case("Serve's controller killed while replicas load", _soon(lambda service: service.kill(_CONTROLLER))),
    Case("ten SIGHUPs within 5 s", _soon(_hang_up_often)),
    Case("the gateway killed after a change that failed", _after_a_failed_change),
)


async def measure(service: Service, case: Case, after_s: float) -> tuple[Course, Course]:
    """Of clients that ask all the while, and of those that keep a connection."""

    def change() -> None:
        with case.during(service):
            print(service.reload(), file=sys.stderr, flush=True)

    done = asyncio.Event()

    async def inject() -> None:
        await asyncio.to_thread(change)
        done.set()

    async def wait() -> None:
        await done.wait()

    return await asyncio.gather(
        under_load([service.url], inject, clients=16, before_s=3, after_s=after_s, pause_s=0.5, streams=True),
        under_load([service.url], wait, clients=4, before_s=0, after_s=after_s, pause_s=_KEPT_PAUSE_S),
    )


def table(courses: dict[str, tuple[Course, Course]]) -> str:
    """One line a case."""
    header = ["what is slow", "sent", "lost", "as", "longest gap s", "sent on kept connections", "lost", "as"]
    rows = []
    for name, (all_the_while, kept) in courses.items():
        busy = [len(all_the_while.outcomes), len(all_the_while.lost), lost_by_result([all_the_while])]
        rare = [len(kept.outcomes), len(kept.lost), lost_by_result([kept])]
        rows.append([name, *map(str, busy), f"{all_the_while.longest_gap_s:.2f}", *map(str, rare)])
    return markdown_table(header, rows)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.faults.slow",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", nargs="+", metavar="WORD", help="cases whose names have one of the words")
    parser.add_argument("--after-s", type=float, default=40.0, help="of load after the change")
    parser.add_argument("--replicas", type=int, default=1, help="of the gateway")
    options = parser.parse_args()
    courses: dict[str, tuple[Course, Course]] = {}
    with started({"gateway": {"num_replicas": options.replicas}, "models": MODELS}) as service:
        for case in CASES:
            if options.only and not any(word in case.name for word in options.only):
                continue
            print(f"{case.name} ...", file=sys.stderr, flush=True)
            courses[case.name] = asyncio.run(measure(service, case, options.after_s))
            print(table({case.name: courses[case.name]}), file=sys.stderr, flush=True)
    print(table(courses))


if __name__ == "__main__":
    main()
