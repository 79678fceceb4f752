"""CPU time that a short request takes of a process that answers HTTP: of its event loop, and of its engines.

    python -m loadtests.request_cost
    python -m loadtests.request_cost --replay
    python -m loadtests.request_cost --of links --of ten --of html

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
from crosslate.service.logs.logging import create_logger
from crosslate.service.pipeline.engines.served_model import EngineClient
from crosslate.service.process.garbage import spare_what_is_loaded
from crosslate.service.serving.metrics import ServiceMetrics
from crosslate.service.settings.config import Settings
from loadtests.arguments import parser_of
from loadtests.everyday_sentences import everyday_sentences

_PATH = "/v1/translate"
_NUM_SENTENCES, _NUM_CLIENTS = 400, 16
_KINDS = ("sentence", "links", "ten", "html")
_EN_PT = {"source_lang": "en", "target_lang": "pt"}
Fields = Mapping[str, object]


class Replay:
    """An engine that answers again what it has answered before; an `EngineClient`."""

    def __init__(self, engine: EngineClient) -> None:
        self._engine = engine
        self._known: dict[tuple[object, ...], GenerationOutput] = {}

    async def generate(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> GenerationOutput:
        asked = (tuple(request.source_ids), request.params, request.attention)
        if asked not in self._known:
            self._known[asked] = await self._engine.generate(request, timeout_s=timeout_s)
        return self._known[asked]

    def stream(
        self, request: GenerationRequest, *, timeout_s: float | None = None
    ) -> AsyncGenerator[list[int] | GenerationOutput, None]:
        return self._engine.stream(request, timeout_s=timeout_s)

    async def align(self, request: AlignmentRequest, *, timeout_s: float | None = None) -> FloatArray:
        return await self._engine.align(request, timeout_s=timeout_s)


def bodies(kind: str) -> list[Fields]:
    """For a sentence, for one with its links, for ten sentences in a text, for one with an element in it."""
    sentences = everyday_sentences(_NUM_SENTENCES)
    if kind == "ten":
        return [_EN_PT | {"text": " ".join(sentences[at : at + 10])} for at in range(0, _NUM_SENTENCES, 10)]
    if kind == "html":
        parted = [sentence.partition(" ") for sentence in sentences]
        return [_EN_PT | {"text": f"<p>{a} <b>{b}</b></p>", "format": "html"} for a, _, b in parted]
    further = {"alignment": "links"} if kind == "links" else {}
    return [_EN_PT | further | {"text": sentence} for sentence in sentences]


async def ask(app: ASGIApp, fields: Fields) -> None:
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


async def one_round(app: ASGIApp, requests: Sequence[Fields]) -> tuple[float, float]:
    """Microseconds a request of the event loop, and of all else in this process."""
    waiting: Iterator[Fields] = iter(requests)

    async def client() -> None:
        for fields in waiting:
            await ask(app, fields)

    of_loop, of_all = time.thread_time(), time.process_time()
    await asyncio.gather(*(client() for _ in range(_NUM_CLIENTS)))
    of_loop, of_all = time.thread_time() - of_loop, time.process_time() - of_all
    return of_loop / len(requests) * 1e6, (of_all - of_loop) / len(requests) * 1e6


async def measure(kinds: Sequence[str], num_rounds: int, *, replays: bool) -> list[list[tuple[float, float]]]:
    """What each round of each kind took, after one that warms up."""
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
        rounds = [
            [await one_round(gateway.app, bodies(kind)) for _ in itertools.repeat(None, num_rounds + 1)]
            for kind in kinds
        ]
        await gateway.close()
        engines.close()
    return [of_kind[1:] for of_kind in rounds]


def main() -> None:
    """Measure, and print the medians."""
    parser = parser_of(__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--of", choices=_KINDS, action="append", help="sentence, or these kinds of requests")
    parser.add_argument("--replay", action="store_true", help="measure the event loop alone")
    args = parser.parse_args()
    kinds = args.of or _KINDS[:1]
    measured = asyncio.run(measure(kinds, args.rounds, replays=args.replay))
    for kind, rounds in zip(kinds, measured, strict=True):
        of_loop, of_rest = (statistics.median(times) for times in zip(*rounds, strict=True))
        of_engines = "" if args.replay else f", engines {of_rest:.0f} us"
        print(f"{kind}: event loop {of_loop:.0f} us a request{of_engines}")


if __name__ == "__main__":
    main()
