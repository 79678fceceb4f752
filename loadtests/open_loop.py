"""Latency under an open loop: texts of mixed lengths arrive at a rate, whether or not the service keeps up.

    uv run python -m loadtests.open_loop --load 0.7
    uv run python -m loadtests.open_loop --rate 20 --texts sentences.txt --goodput-ms 300

First every text alone, for the latency without a queue; then, for `--load`, the capacity: texts per second
with 32 clients that wait for each other. Then arrivals are Poisson at the rate, and a latency counts from
the arrival, also where this program itself was late. Goodput is what was answered within `--goodput-ms`.

`--mixed` makes texts of very unlike lengths from them: most are one sentence, some two to four, a few eight.
`--bulk 64` has another client send one request of 64 texts after the other meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp

from crosslate.service.commands.bench import built_in_texts, nearest_rank, read_texts
from loadtests.arrivals import poisson_schedule
from loadtests.bulk import sending_in_bulk
from loadtests.client import (
    Target,
    check_is_local,
    closed_loop_rate,
    encoder_work,
    open_session,
    translate,
)
from loadtests.tables import markdown_table

QUANTILES = (0.5, 0.9, 0.99)
ALONE_REPEATS = 3
CAPACITY_CLIENTS = 32
CAPACITY_TEXTS = 320
MIXED_LENGTHS, MIXED_WEIGHTS = (1, 2, 4, 8), (70, 15, 10, 5)


@dataclass(frozen=True, slots=True)
class Answer:
    """One arrival and how it ended."""

    text: str
    latency_s: float
    fault: str | None
    """The kind of failure, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLoop:
    """What an open loop has measured."""

    answers: Sequence[Answer]
    wall_s: float
    alone_s: Mapping[str, float]
    """Each text's latency without any other."""

    @property
    def latencies_s(self) -> list[float]:
        """Of what was answered, in increasing order."""
        return sorted(answer.latency_s for answer in self.answers if answer.fault is None)

    @property
    def slowdowns(self) -> list[float]:
        """Latency divided by that of the same text alone, in increasing order."""
        return sorted(a.latency_s / self.alone_s[a.text] for a in self.answers if a.fault is None)

    @property
    def faults(self) -> Counter[str]:
        """How often each kind of failure came."""
        return Counter(answer.fault for answer in self.answers if answer.fault is not None)

    def goodput(self, limit_s: float) -> float:
        """Texts per second that were answered within the limit."""
        return sum(latency <= limit_s for latency in self.latencies_s) / self.wall_s


def mixed_lengths(sentences: Sequence[str], seed: int) -> list[str]:
    """As many texts, of one to eight sentences that follow each other there."""
    lengths = random.Random(seed).choices(MIXED_LENGTHS, MIXED_WEIGHTS, k=len(sentences))
    return [
        " ".join(sentences[(i + j) % len(sentences)] for j in range(length))
        for i, length in enumerate(lengths)
    ]


async def latencies_alone(target: Target, texts: Sequence[str]) -> dict[str, float]:
    """Seconds for each text with nothing else under way: the median of a few, after one to warm up."""
    async with open_session(1) as session:

        async def once(text: str) -> float:
            started = time.perf_counter()
            await translate(session, target, text)
            return time.perf_counter() - started

        await once(texts[0])
        return {
            text: statistics.median([await once(text) for _ in range(ALONE_REPEATS)])
            for text in dict.fromkeys(texts)
        }


async def run_open_loop(
    target: Target, schedule: Sequence[tuple[float, str]], alone_s: Mapping[str, float]
) -> OpenLoop:
    """Send every text at its second."""
    async with open_session(0) as session:
        started = time.perf_counter()

        async def arrive(at_s: float, text: str) -> Answer:
            await asyncio.sleep(max(0.0, started + at_s - time.perf_counter()))
            fault = await _fault(session, target, text)
            return Answer(text, time.perf_counter() - started - at_s, fault)

        answers = await asyncio.gather(*(arrive(at_s, text) for at_s, text in schedule))
        return OpenLoop(answers=answers, wall_s=time.perf_counter() - started, alone_s=alone_s)


async def _fault(session: aiohttp.ClientSession, target: Target, text: str) -> str | None:
    try:
        await translate(session, target, text)
    except aiohttp.ClientResponseError as error:
        return f"status {error.status}"
    except (aiohttp.ClientError, TimeoutError) as error:
        return type(error).__name__
    return None


def report(result: OpenLoop, goodput_limit_s: float) -> str:
    """The table, if anything was answered, and the lines below it."""
    faults = ", ".join(f"{kind}: {count}" for kind, count in result.faults.items()) or "none"
    return "\n".join(
        [
            *([_latency_table(result)] if result.latencies_s else []),
            f"answered: {len(result.latencies_s)} of {len(result.answers)} in {result.wall_s:.1f} s; "
            f"failed: {faults}",
            f"goodput within {1000 * goodput_limit_s:.0f} ms: {result.goodput(goodput_limit_s):.1f} texts/s",
        ]
    )


def _latency_table(result: OpenLoop) -> str:
    alone = sorted(result.alone_s[answer.text] for answer in result.answers)
    rows = [
        ["alone, ms", *(f"{1000 * nearest_rank(alone, q):.0f}" for q in QUANTILES)],
        ["under load, ms", *(f"{1000 * nearest_rank(result.latencies_s, q):.0f}" for q in QUANTILES)],
        ["same text, times", *(f"{nearest_rank(result.slowdowns, q):.1f}" for q in QUANTILES)],
    ]
    return markdown_table(["", *(f"p{100 * q:.0f}" for q in QUANTILES)], rows)


async def measure(options: argparse.Namespace) -> None:
    """Everything, printed as it is known."""
    target = Target(options.url.rstrip("/"), options.source_lang, options.target_lang)
    texts = (read_texts(options.texts) if options.texts else built_in_texts(target.source_lang))[
        : options.distinct
    ]
    if options.mixed:
        texts = mixed_lengths(texts, options.seed)
    alone_s = await latencies_alone(replace(target, url=options.alone_url or target.url), texts)
    rate = options.rate
    if rate is None:
        repeated = [texts[i % len(texts)] for i in range(CAPACITY_TEXTS)]
        capacity = await closed_loop_rate(target, repeated, CAPACITY_CLIENTS)
        rate = options.load * capacity
        print(f"capacity: {capacity:.1f} texts/s with {CAPACITY_CLIENTS} clients")
    print(f"{rate:.1f} arrivals/s, {len(texts)} different texts", flush=True)
    generator = random.Random(options.seed)
    arrivals = poisson_schedule(rate, max_count=options.count, max_s=options.max_s, seed=options.seed)
    schedule = [(at_s, generator.choice(texts)) for at_s in arrivals]
    before = await encoder_work(target.url)
    async with sending_in_bulk(target, texts, options.bulk) as bulk:
        result = await run_open_loop(target, schedule, alone_s)
    after = await encoder_work(target.url)
    print(report(result, options.goodput_ms / 1000))
    if options.bulk:
        print(f"meanwhile {bulk.rate:.1f} texts/s in requests of {options.bulk}")
    if before is not None and after is not None:
        ratio = after.padding_ratio_since(before)
        print("padding: " + ("unknown" if ratio is None else f"{100 * ratio:.1f} % of the encoder's work"))


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.open_loop",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--alone-url", help="the service that texts are compared with; by default the same")
    parser.add_argument("--remote", action="store_true", help="allow a URL of another machine")
    parser.add_argument("--texts", type=Path, help="your own texts, one a line")
    parser.add_argument("--mixed", action="store_true", help="texts of one to eight sentences")
    parser.add_argument("--distinct", type=int, default=64, help="use only the first of them")
    parser.add_argument("--from", dest="source_lang", default="en")
    parser.add_argument("--to", dest="target_lang", default="pt")
    speed = parser.add_mutually_exclusive_group(required=True)
    speed.add_argument("--rate", type=float, help="arrivals per second")
    speed.add_argument("--load", type=float, help="share of the capacity, which is measured first")
    parser.add_argument("--count", type=int, default=1000, help="at most so many arrivals")
    parser.add_argument("--max-s", type=float, default=60.0, help="no arrival after so many seconds")
    parser.add_argument("--bulk", type=int, default=0, help="texts a request of another client meanwhile")
    parser.add_argument("--goodput-ms", type=float, default=500.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if not options.remote:
        try:
            check_is_local(options.url)
            check_is_local(options.alone_url or options.url)
        except ValueError as error:
            parser.error(str(error))
    asyncio.run(measure(options))


if __name__ == "__main__":
    main()
