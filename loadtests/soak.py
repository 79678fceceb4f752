"""Whether memory stays flat: mixed load for some minutes, the replicas' resident memory all the while.

    uv run python -m loadtests.soak --minutes 30

Translations short and long, single and in lists, by beam search, streamed, with alternatives and alignments,
detections, and requests that are refused. `--pid` names the `crosslate serve` process where several run.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from crosslate.service.bench import SENTENCES
from loadtests.client import check_is_local, open_session
from loadtests.processes import replica_pids, resident_bytes
from loadtests.tables import markdown_table

MIB = 2**20
SAMPLE_EVERY_S = 2.0
PAIRS = (("en", "pt"), ("pt", "en"))


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at one replica."""

    at_s: float
    resident_mib: float


@dataclass(frozen=True, slots=True)
class MemoryCourse:
    """One replica's memory over the run, from the end of the warm-up."""

    samples: Sequence[Sample]

    @property
    def start_mib(self) -> float:
        """The first sample."""
        return self.samples[0].resident_mib

    @property
    def end_mib(self) -> float:
        """The last sample."""
        return self.samples[-1].resident_mib

    @property
    def max_mib(self) -> float:
        """The highest sample."""
        return max(sample.resident_mib for sample in self.samples)

    @property
    def change(self) -> float:
        """The largest distance from the start, as a share of it."""
        return max(abs(s.resident_mib - self.start_mib) for s in self.samples) / self.start_mib

    @property
    def slope_mib_per_minute(self) -> float:
        """Of the line that fits best; 0 for fewer than two samples."""
        if len(self.samples) < 2:
            return 0.0
        minutes = [sample.at_s / 60 for sample in self.samples]
        return statistics.linear_regression(minutes, [s.resident_mib for s in self.samples]).slope


def make_request(generator: random.Random) -> tuple[str, dict[str, Any]]:
    """A path and a body, of many kinds."""
    source, target = generator.choice(PAIRS)
    sentences = SENTENCES[source]
    short = generator.choice(sentences)
    long = " ".join(generator.choices(sentences, k=generator.randint(4, 20)))
    body: dict[str, Any] = {"text": short, "source_lang": source, "target_lang": target}
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("/v1/translate", body),
        ("/v1/translate", body | {"text": long}),
        ("/v1/translate", body | {"text": generator.choices(sentences, k=8), "source_lang": None}),
        ("/v1/translate", body | {"generation": {"num_beams": 4}, "num_alternatives": 2}),
        ("/v1/translate", body | {"stream": True, "text": long}),
        ("/v1/translate", body | {"alignment": generator.choice(["links", "matrix", "symmetric"])}),
        ("/v1/translate", body | {"target_lang": "xx"}),
        ("/v1/align", {"source": short, "target": short, "source_lang": source, "target_lang": target}),
        ("/v1/detect", {"text": short}),
    ]
    return generator.choice(kinds)


async def run(url: str, pids: Sequence[int], num_clients: int, warm_up_s: float, seconds: float) -> None:
    """Load, watch, print."""
    statuses: Counter[str] = Counter()
    async with open_session(num_clients) as session, asyncio.TaskGroup() as group:
        clients = [
            group.create_task(_client(session, url, random.Random(number), statuses))
            for number in range(num_clients)
        ]
        await asyncio.sleep(warm_up_s)
        courses = await _watch(pids, seconds)
        for client in clients:
            client.cancel()
    print("answers: " + ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items())))
    print(course_table(courses))


async def _client(
    session: aiohttp.ClientSession, url: str, generator: random.Random, statuses: Counter[str]
) -> None:
    while True:
        path, body = make_request(generator)
        try:
            async with session.post(url + path, json=body) as response:
                await response.read()
                statuses[str(response.status)] += 1
        except (aiohttp.ClientError, TimeoutError) as error:
            statuses[type(error).__name__] += 1
            await asyncio.sleep(1)  # a service that is gone is not hammered


async def _watch(pids: Sequence[int], seconds: float) -> dict[int, MemoryCourse]:
    samples: dict[int, list[Sample]] = {pid: [] for pid in pids}
    started = time.perf_counter()
    for number in itertools.count():
        at_s = time.perf_counter() - started
        for pid in pids:
            samples[pid].append(Sample(at_s, resident_bytes(pid) / MIB))
        if at_s >= seconds:
            return {pid: MemoryCourse(course) for pid, course in samples.items()}
        if number % 30 == 0:
            now = ", ".join(f"{course[-1].resident_mib:.0f} MiB" for course in samples.values())
            print(f"{at_s / 60:.1f} min: {now}", file=sys.stderr, flush=True)
        await asyncio.sleep(SAMPLE_EVERY_S)
    raise AssertionError("itertools.count does not end")


def course_table(courses: dict[int, MemoryCourse]) -> str:
    """One line a replica."""
    header = ["replica", "start MiB", "end MiB", "max MiB", "largest change", "MiB per minute"]
    rows = [
        [
            str(pid),
            f"{course.start_mib:.0f}",
            f"{course.end_mib:.0f}",
            f"{course.max_mib:.0f}",
            f"{100 * course.change:.1f} %",
            f"{course.slope_mib_per_minute:+.2f}",
        ]
        for pid, course in courses.items()
    ]
    return markdown_table(header, rows)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--pid", type=int, help="of the crosslate serve process; by default every replica")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--warm-up-s", type=float, default=60.0, help="not counted")
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    try:
        check_is_local(options.url)
    except ValueError:
        parser.error("memory can be read on this machine only: give a local URL")
    pids = replica_pids(options.pid)
    if not pids:
        parser.error("no replica of Ray Serve runs here: start one with crosslate serve")
    url = options.url.rstrip("/")
    asyncio.run(run(url, pids, options.clients, options.warm_up_s, 60 * options.minutes))


if __name__ == "__main__":
    main()
