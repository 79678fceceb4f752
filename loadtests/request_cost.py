"""CPU time that a short request takes of a process that answers HTTP: of its event loop, and of its engines.

    python -m loadtests.request_cost
    python -m loadtests.request_cost --replay

The application is called in this process, without a server or a client around it, with 16 requests under way.
With `--replay` engines give the outputs of a first round again, so that the loop's share is measured alone.
The log is written to nowhere. Medians over the rounds, in microseconds a request.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import statistics
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message

from crosslate.models.arrays import FloatArray
from crosslate.models.engine.request import AlignmentRequest, GenerationOutput, GenerationRequest
from crosslate.service.assembly import LocalEngines, assemble_gateway
from crosslate.service.garbage import spare_what_is_loaded
from crosslate.service.logging import create_logger
from crosslate.service.metrics import ServiceMetrics
from crosslate.service.pipeline.types import EngineClient
from crosslate.service.settings.config import Settings
from loadtests.arguments import parser_of
from loadtests.everyday_sentences import everyday_sentences

_PATH = "/v1/translate"
_NUM_SENTENCES, _NUM_CLIENTS = 400, 16


class Replay:
    """An engine that answers again what it has answered before; an `EngineClient`."""

    def __init__(self, engine: EngineClient) -> None:
        self._engine = engine
        self._known: dict[tuple[int, ...], GenerationOutput] = {}

    async def generate(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> GenerationOutput:
        ids = tuple(request.source_ids)
        if ids not in self._known:
            self._known[ids] = await self._engine.generate(request, timeout_s=timeout_s)
        return self._known[ids]

    def stream(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> AsyncGenerator[list[int] | GenerationOutput, None]:
        return self._engine.stream(request, timeout_s=timeout_s)

    async def align(self, request: AlignmentRequest, *, timeout_s: float | None = None) -> FloatArray:
        return await self._engine.align(request, timeout_s=timeout_s)


async def ask(app: ASGIApp, fields: Mapping[str, object]) -> None:
    """One request; `RuntimeError` where it is not answered with 200."""
    body = json.dumps(fields).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": _PATH,
        "raw_path": _PATH.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"accept-encoding", b"gzip"), *headers],
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message.get("status", 200) != 200:
            raise RuntimeError(f"answered with {message['status']}")

    await app(scope, receive, send)


async def one_round(app: ASGIApp, sentences: Sequence[str]) -> tuple[float, float]:
    """Microseconds a request of the event loop, and of all else in this process."""
    waiting: Iterator[str] = iter(sentences)

    async def client() -> None:
        for sentence in waiting:
            await ask(app, {"text": sentence, "source_lang": "en", "target_lang": "pt"})

    of_loop, of_all = time.thread_time(), time.process_time()
    await asyncio.gather(*(client() for _ in range(_NUM_CLIENTS)))
    of_loop, of_all = time.thread_time() - of_loop, time.process_time() - of_all
    return of_loop / len(sentences) * 1e6, (of_all - of_loop) / len(sentences) * 1e6


async def measure(num_rounds: int, *, replays: bool) -> list[tuple[float, float]]:
    """What each round took, after one that warms up."""
    settings, metrics = Settings(), ServiceMetrics()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        logger = create_logger(settings.log, nowhere)
        gateway_settings = settings.gateway.model_copy(update={"num_threads": 1})
        engines = await LocalEngines.load(settings.models, gateway_settings, metrics, logger)
        models = [replace(one, engine=Replay(one.engine)) if replays else one for one in engines.served]

        async def render() -> bytes:
            return b""

        gateway = await assemble_gateway(
            settings,
            models,
            metrics,
            render,
            logger,
            stopped_models=engines.stopped,
            server_echoes_request_id=True,
        )
        spare_what_is_loaded()
        sentences = everyday_sentences(_NUM_SENTENCES)
        rounds = [await one_round(gateway.app, sentences) for _ in itertools.repeat(None, num_rounds + 1)]
        await gateway.close()
        engines.close()
    return rounds[1:]


def main() -> None:
    """Measure, and print the medians."""
    parser = parser_of(__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--replay", action="store_true", help="measure the event loop alone")
    args = parser.parse_args()
    rounds = asyncio.run(measure(args.rounds, replays=args.replay))
    of_loop, of_rest = (statistics.median(times) for times in zip(*rounds, strict=True))
    print(f"event loop {of_loop:.0f} us a request" + ("" if args.replay else f", engines {of_rest:.0f} us"))


if __name__ == "__main__":
    main()
