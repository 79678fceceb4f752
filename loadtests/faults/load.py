"""Steady load on a service, and what became of each request."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field

import aiohttp

from crosslate.service.commands.bench import SENTENCES
from loadtests.client import open_session

_LIMIT_S = 120.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request."""

    began_s: float
    ended_s: float
    result: str
    """`200`, another status with its code, `connection`, or another error's name."""

    @property
    def is_lost(self) -> bool:
        """Whether the client has no translation of it."""
        return self.result != "200"


@dataclass(slots=True)
class Course:
    """All requests of a run; times are seconds from its beginning."""

    outcomes: list[Outcome] = field(default_factory=list)
    fault_s: float = 0.0

    @property
    def lost(self) -> list[Outcome]:
        """Those without a translation."""
        return [outcome for outcome in self.outcomes if outcome.is_lost]

    @property
    def recovery_s(self) -> float:
        """From the fault to the last request that was lost."""
        return max((outcome.ended_s - self.fault_s for outcome in self.lost), default=0.0)

    @property
    def longest_gap_s(self) -> float:
        """Between two translations, whoever's."""
        ends = sorted(outcome.ended_s for outcome in self.outcomes if not outcome.is_lost)
        return max((late - early for early, late in itertools.pairwise(ends)), default=0.0)

    def p99_s(self, window_s: float) -> float:
        """Of the requests that were under way at some time within so many seconds after the fault."""
        end_s = self.fault_s + window_s
        times = sorted(
            outcome.ended_s - outcome.began_s
            for outcome in self.outcomes
            if outcome.ended_s >= self.fault_s and outcome.began_s <= end_s
        )
        return times[min(len(times) - 1, int(0.99 * len(times)))] if times else 0.0


def lost_by_result(courses: Iterable[Course]) -> str:
    """As `503 loading: 3`."""
    counts = Counter(outcome.result for course in courses for outcome in course.lost)
    return ", ".join(f"{result}: {count}" for result, count in counts.most_common()) or "-"


async def under_load(
    urls: Sequence[str],
    inject: Callable[[], Awaitable[None]],
    *,
    clients: int,
    before_s: float,
    after_s: float,
    pause_s: float,
    streams: bool = False,
) -> Course:
    """Clients that send one request after the other, before, during and after a fault.

    Args:
        urls: clients are spread over them.
        inject: the fault; the time after it begins when it is done.
        clients: how many.
        before_s: of load before the fault.
        after_s: and after it.
        pause_s: of each client between two requests.
        streams: whether every fourth client asks for streams.
    """
    course = Course()
    is_over = asyncio.Event()
    started = time.perf_counter()

    def now_s() -> float:
        return time.perf_counter() - started

    async def client(session: aiohttp.ClientSession, number: int) -> None:
        url = urls[number % len(urls)]
        for turn in itertools.count(number):
            if is_over.is_set():
                return
            source, target = (("en", "pt"), ("pt", "en"))[turn % 2]
            text = SENTENCES[source][turn % len(SENTENCES[source])]
            body = {"text": text, "source_lang": source, "target_lang": target}
            is_stream = streams and number % 4 == 0
            began_s = now_s()
            result = await _result(session, f"{url}/v1/translate", {**body, "stream": is_stream})
            course.outcomes.append(Outcome(began_s, now_s(), result))
            await asyncio.sleep(pause_s)

    async with open_session(0) as session, asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(client(session, number))
        await asyncio.sleep(before_s)
        course.fault_s = now_s()
        await inject()
        await asyncio.sleep(after_s)
        is_over.set()
    return course


async def _result(session: aiohttp.ClientSession, url: str, body: dict[str, object]) -> str:
    try:
        async with session.post(url, json=body, timeout=aiohttp.ClientTimeout(total=_LIMIT_S)) as response:
            content = await response.read()
            if response.status == 200:
                is_whole = not body["stream"] or b"event: done\n" in content
                return "200" if is_whole else "stream without its end"
            if response.content_type.endswith("json"):
                return f"{response.status} {(await response.json(content_type=None)).get('code')}"
            return f"{response.status} {content[:40].decode(errors='replace')}"
    except aiohttp.ClientConnectionError:
        return "connection"
    except (aiohttp.ClientError, TimeoutError) as error:
        return type(error).__name__
