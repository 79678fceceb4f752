"""Whether a service stays as it is: hours of mixed traffic, with replicas killed now and then.

    uv run crosslate serve --port 8123 &
    uv run python -m loadtests.soak --url http://127.0.0.1:8123 --pid $! --minutes 120

All routes and APIs: short and long, streamed, documents and kept glossaries, requests that are refused, and
clients that leave. Every `--kill-minutes` the youngest replica is killed; so the oldest is watched from the
beginning to the end. Memory, open files and temporary files are those of the service's processes. Of what the
clients did not leave, everything that was not answered as it should be counts as lost. What ended with its
replica is sent again, as the API says, and counted; it is lost if the third try is no better.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import time

from loadtests.client import check_is_local, open_session
from loadtests.soak.course import Course, Sample, course_table
from loadtests.soak.footprint import Footprint
from loadtests.soak.traffic import Client, Tally
from loadtests.tables import markdown_table

SAMPLE_EVERY_S = 10.0
TELL_EVERY = 30


class Watch:
    """The service's footprint over the run, and its replicas' killer."""

    def __init__(self, footprint: Footprint, kill_every_s: float | None) -> None:
        self._footprint = footprint
        self._kill_every_s = kill_every_s
        self._samples: dict[str, list[Sample]] = {}
        self.num_killed = 0

    async def run(self, seconds: float, tally: Tally) -> None:
        """For so many seconds; the figures so far go to standard error every few minutes."""
        started = time.monotonic()
        while (at_s := time.monotonic() - started) < seconds:
            for name, value in self._footprint.sample().items():
                self._samples.setdefault(name, []).append(Sample(at_s, value))
            if self._kill_every_s is not None and at_s // self._kill_every_s > self.num_killed:
                self._kill()
            if len(self._samples["processes"]) % TELL_EVERY == 1:
                print(f"{at_s / 60:.0f} min\n\n{told(tally, self)}\n", file=sys.stderr, flush=True)
            await asyncio.sleep(SAMPLE_EVERY_S)

    @property
    def courses(self) -> dict[str, Course]:
        """Of each quantity."""
        return {name: Course(samples) for name, samples in self._samples.items()}

    def _kill(self) -> None:
        replicas = self._footprint.replicas()
        if len(replicas) > 1:  # else there would be nobody to answer
            os.kill(replicas[-1], signal.SIGKILL)
        self.num_killed += 1


async def soak(url: str, watch: Watch, options: argparse.Namespace) -> Tally:
    """Load and watch."""
    warming, tally = Tally(), Tally()
    async with open_session(0) as session:
        for counts, seconds in ((warming, options.warm_up_s), (tally, 60 * options.minutes)):
            tasks = [
                asyncio.create_task(
                    Client(session, url, random.Random(number), counts, options.operation_url).run(
                        options.pause_s
                    )
                )
                for number in range(options.clients)
            ]
            await (asyncio.sleep(seconds) if counts is warming else watch.run(seconds, tally))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    return tally


def told(tally: Tally, watch: Watch) -> str:
    """The figures."""
    lost = ", ".join(f"{what}: {count}" for what, count in tally.lost.most_common()) or "-"
    again = ", ".join(f"{what}: {count}" for what, count in tally.again.most_common()) or "-"
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(tally.answered.items()))
    header = ["asked", "left by the client", "sent again", "lost", "as", "replicas killed"]
    row = [tally.num_asked, tally.left, again, tally.lost.total(), lost, watch.num_killed]
    return "\n\n".join(
        [
            markdown_table(header, [[str(cell) for cell in row]]),
            f"answered: {kinds}",
            course_table(watch.courses),
        ]
    )


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--operation-url", help="where the service has an operation_port")
    parser.add_argument("--pid", type=int, required=True, help="of the crosslate serve process")
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--warm-up-s", type=float, default=60.0, help="not counted")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--pause-s", type=float, default=0.1, help="of a client between two requests")
    parser.add_argument("--kill-minutes", type=float, default=10.0, help="0: no replica is killed")
    options = parser.parse_args()
    try:
        check_is_local(options.url)
    except ValueError:
        parser.error("processes can be looked at on this machine only: give a local URL")
    footprint = Footprint(options.pid)
    if not footprint.replicas():
        parser.error(f"no replica of Ray Serve descends from {options.pid}: start one with crosslate serve")
    watch = Watch(footprint, 60 * options.kill_minutes or None)
    print(told(asyncio.run(soak(options.url.rstrip("/"), watch, options)), watch))


if __name__ == "__main__":
    main()
