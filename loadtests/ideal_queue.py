"""The latency under load that a service without any cost of its own would have: a floor for `open_loop`.

    python -m loadtests.ideal_queue starter/en-pt --replicas 2 --request-ms 0

An engine's steps are timed here, alone and on one thread: how long it takes to take in a source, and to
step so many rows. Then replicas that do nothing but these steps are simulated, under the closed loop and the
Poisson arrivals of `loadtests.open_loop`; each text goes to the replica with the fewest, whose texts the
engine's own scheduler admits: as they come, or up to a target. `--request-ms` adds what each request costs
besides: HTTP, tokens, the client on the same cores. `--texts` are your own, one a line.

Capacity is bound by what batches do not save. So whoever comes to a replica that is busy 70 % of its time
waits, however well it is written: the same text alone is what it is compared with.
"""

from __future__ import annotations

import heapq
import itertools
import random
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from crosslate.models.engine.batch_costs import BatchCosts, timed_step
from crosslate.models.engine.engine import Engine
from crosslate.models.engine.request import GenerationRequest
from crosslate.models.engine.scheduler import Scheduler, SchedulerConfig
from crosslate.models.engine.sequence import Sequence
from crosslate.models.loading import load_model
from crosslate.service.commands.bench import built_in_texts, nearest_rank, read_texts
from crosslate.service.loading.loading import CPU_ENCODER_TOKENS
from loadtests.arguments import parser_of
from loadtests.arrivals import poisson_schedule
from loadtests.machine import describe_machine
from loadtests.open_loop import CAPACITY_CLIENTS, QUANTILES
from loadtests.tables import markdown_table

ROWS = (1, 2, 4, 8, 16, 32)
REPEATS = 15
COUNT = 20_000
LOADS = (0.3, 0.5, 0.7, 0.9)
DISTINCT = 64


@dataclass(frozen=True, slots=True)
class Text:
    """Its tokens."""

    num_source: int
    num_target: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Of a replica's work, in seconds."""

    request_s: float
    source_s: float
    """to take in a source, and `source_token_s` for each of its tokens"""
    source_token_s: float
    step_s: float
    """of a step, and `row_s` for each of its rows"""
    row_s: float

    def join(self, text: Text) -> float:
        """Until a text runs."""
        return self.request_s + self.source_s + self.source_token_s * text.num_source

    def step(self, num_rows: int) -> float:
        """One more token for so many."""
        return self.step_s + self.row_s * num_rows

    def alone(self, text: Text) -> float:
        """A text's latency without any other."""
        return self.join(text) + text.num_target * self.step(1)


@dataclass(slots=True, eq=False)
class _Job:
    text: Text
    num_left: int
    sequence: Sequence


class _Replica:
    """Runs what the engine's own scheduler admits."""

    def __init__(self, costs: Costs, target_batch: int | None) -> None:
        self._costs = costs
        self._scheduler = Scheduler(
            SchedulerConfig(
                target_batch=target_batch, max_encoder_tokens_per_step=CPU_ENCODER_TOKENS, max_waiting=COUNT
            )
        )
        self._jobs: dict[int, _Job] = {}
        self._running: list[_Job] = []

    @property
    def load(self) -> int:
        return len(self._jobs)

    def arrive(self, text: Text, now_s: float) -> None:
        request = GenerationRequest(source_ids=[0] * text.num_source)
        sequence = Sequence(request=request, arrival_s=now_s)
        self._jobs[request.request_id] = _Job(text, text.num_target, sequence)
        self._scheduler.enqueue(sequence)

    def begin_step(self, now_s: float) -> float:
        """How long the next step takes."""
        batches = self._scheduler.schedule(now_s).to_encode
        joined = [self._jobs[sequence.request_id] for batch in batches for sequence in batch]
        self._running += joined
        return sum(self._costs.join(job.text) for job in joined) + self._costs.step(len(self._running))

    def end_step(self) -> list[_Job]:
        """Whose last token it was."""
        for job in self._running:
            job.num_left -= 1
        ended = [job for job in self._running if job.num_left == 0]
        for job in ended:
            self._scheduler.finish(job.sequence)
            del self._jobs[job.sequence.request_id]
        self._running = [job for job in self._running if job.num_left > 0]
        return ended


def simulate(
    arrivals: Iterator[tuple[float, Text]], costs: Costs, num_replicas: int, target_batch: int | None
) -> list[float]:
    """How many times its latency alone each text took, in increasing order."""
    queue = _Queue([_Replica(costs, target_batch) for _ in range(num_replicas)])
    slowdowns = []
    for at_s, text in arrivals:
        queue.add(at_s, text)
    for job, ended_s in queue.run():
        slowdowns.append((ended_s - job.sequence.arrival_s) / costs.alone(job.text))
    return sorted(slowdowns)


def capacity(texts: list[Text], costs: Costs, num_replicas: int, num_clients: int) -> float:
    """Texts per second of clients that each send one after the other, in batches as wide as can be."""
    queue = _Queue([_Replica(costs, None) for _ in range(num_replicas)])
    for text in texts[:num_clients]:
        queue.add(0.0, text)
    others = iter(texts[num_clients:])
    ended_s = 0.0
    for _, ended_s in queue.run():
        for text in itertools.islice(others, 1):
            queue.add(ended_s, text)
    return len(texts) / ended_s


class _Queue:
    """Arrivals and steps in the order of time."""

    def __init__(self, replicas: list[_Replica]) -> None:
        self._replicas = replicas
        self._events: list[tuple[float, int, Text | int]] = []
        self._order = itertools.count()

    def add(self, at_s: float, text: Text) -> None:
        """A text arrives."""
        heapq.heappush(self._events, (at_s, next(self._order), text))

    def run(self) -> Iterator[tuple[_Job, float]]:
        """Texts and when they were done, until nothing is left; more may be added meanwhile."""
        while self._events:
            now_s, _, what = heapq.heappop(self._events)
            if isinstance(what, Text):
                index = min(range(len(self._replicas)), key=lambda i: self._replicas[i].load)
                is_idle = self._replicas[index].load == 0
                self._replicas[index].arrive(what, now_s)
                if is_idle:
                    self._step(index, now_s)
                continue
            yield from ((job, now_s) for job in self._replicas[what].end_step())
            if self._replicas[what].load:
                self._step(what, now_s)

    def _step(self, index: int, now_s: float) -> None:
        ends_s = now_s + self._replicas[index].begin_step(now_s)
        heapq.heappush(self._events, (ends_s, next(self._order), index))


def measure_costs(engine: Engine, sources: list[list[int]], request_s: float) -> tuple[Costs, list[Text]]:
    """Time an engine's steps; straight lines through the medians."""
    outputs = engine.generate([GenerationRequest(source_ids=ids) for ids in sources])
    texts = [Text(len(ids), len(out.token_ids)) for ids, out in zip(sources, outputs, strict=True)]
    step_times = {rows: _median_step(engine, sources, rows) for rows in ROWS}
    row_s, step_s = np.polyfit(list(step_times), list(step_times.values()), 1)
    joins = [_median_join(engine, ids) - step_times[1] for ids in sources]
    token_s, source_s = np.polyfit([len(ids) for ids in sources], joins, 1)
    costs = Costs(
        request_s=request_s,
        source_s=max(0.0, float(source_s)),
        source_token_s=float(token_s),
        step_s=max(0.0, float(step_s)),
        row_s=float(row_s),
    )
    return costs, texts


def _median_join(engine: Engine, source_ids: list[int]) -> float:
    """Of a first step: the source, and one token."""
    times = []
    for _ in range(REPEATS):
        engine.add(GenerationRequest(source_ids=source_ids))
        times.append(timed_step(engine))
        _finish(engine)
    return statistics.median(times)


def _median_step(engine: Engine, sources: list[list[int]], num_rows: int) -> float:
    times = []
    longest = sorted(sources, key=len)[len(sources) // 2 :]
    for _ in range(REPEATS):
        for i in range(num_rows):
            engine.add(GenerationRequest(source_ids=longest[i % len(longest)], request_id=i))
        engine.step()
        times += [timed_step(engine) for _ in range(3)]
        _finish(engine)
    return statistics.median(times)


def _finish(engine: Engine) -> None:
    while engine.has_work:
        engine.step()


def target_of(costs: Costs, texts: list[Text]) -> int:
    """The width of a batch that a replica would aim for."""
    mean_source = statistics.mean(text.num_source for text in texts)
    token_s = costs.source_token_s + costs.source_s / mean_source
    return BatchCosts(source_token_s=token_s, step_s=costs.step_s, row_s=costs.row_s).target_batch


def report(costs: Costs, texts: list[Text], num_replicas: int, loads: tuple[float, ...]) -> str:
    """The costs, the capacity, and how much slower texts are at each load."""
    drawn = random.Random(0).choices(texts, k=COUNT)
    rate = capacity(drawn[: COUNT // 10], costs, num_replicas, CAPACITY_CLIENTS)
    rows = []
    for load, target in itertools.product(loads, (None, target_of(costs, texts))):
        schedule = poisson_schedule(load * rate, max_count=COUNT, max_s=float("inf"), seed=1)
        slowdowns = simulate(zip(schedule, drawn, strict=False), costs, num_replicas, target)
        quantiles = [f"{nearest_rank(slowdowns, q):.1f}" for q in QUANTILES]
        rows.append(
            [f"{100 * load:.0f} % ({load * rate:.0f}/s)", str(target or "as many as wait"), *quantiles]
        )
    alone = [1000 * costs.alone(text) for text in texts]
    return "\n".join(
        [
            f"a source: {1e3 * costs.source_s:.2f} ms and {1e6 * costs.source_token_s:.0f} us a token; "
            f"a step: {1e6 * costs.step_s:.0f} us and {1e6 * costs.row_s:.0f} us a row; "
            f"besides: {1e3 * costs.request_s:.1f} ms",
            f"alone: {min(alone):.1f} to {max(alone):.1f} ms; {CAPACITY_CLIENTS} clients: {rate:.0f} texts/s",
            "",
            markdown_table(
                ["same text, times", "side by side", *(f"p{100 * q:.0f}" for q in QUANTILES)], rows
            ),
        ]
    )


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("model", nargs="?", default="starter/en-pt")
    parser.add_argument("--replicas", type=int, default=2)
    parser.add_argument("--request-ms", type=float, default=0.0)
    parser.add_argument("--texts", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model(options.model)
    source_lang = model.pairs[0][0] if model.pairs else "en"
    sentences = read_texts(options.texts)[:DISTINCT] if options.texts else built_in_texts(source_lang)
    sources = [model.tokenizer.encode_source(text) for text in sentences]
    costs, texts = measure_costs(model.make_engine(), sources, options.request_ms / 1000)
    print(describe_machine(["crosslate"]))
    print(report(costs, texts, options.replicas, LOADS))


if __name__ == "__main__":
    main()
