"""Whether pictures of alignments stay small: many of odd shapes, the process's memory all the while.

    python -m loadtests.pictures --requests 10000

The whole service in this process, with the model `starter/en-pt`, answers `/v1/align` as PNG and SVG: words
of one letter and of thousands, none and hundreds of them, right to left, ideographs, emoji, accents in heaps,
control characters, formulas, what nobody sees. Some are refused, and must be with a 413. The exit status is 1
where another answer comes, or memory grows by more than `--limit-mib` at any time.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable

import httpx

from crosslate.service.settings.config import ModelSettings, Settings
from loadtests.arguments import parser_of
from loadtests.in_process import in_process_client
from loadtests.processes import resident_bytes

MIB = 2**20
EXPECTED = {200, 413}
SCRIPTS = (
    "abcdefghijklmnopqrstuvwxyzäéñøß",
    "אבגדהוזחטיכלמנסעפצקרשת",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "日本語中文字漢かなカナ한국어",
    "कखगघिीुूสวัสดีไทย",
    "😀👍🏽🇵🇹❤️👩‍👩‍👧‍👦🏳️‍🌈",
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u2066\ufe0f\U000e0041",
    "".join(map(chr, (*range(1, 32), *range(127, 160)))),
    "\u0301\u0323\u0489\u20dd",
    "$\\_^{}<>&;%#|\"'",
    "\ufdfd\U00012031\ue000\ufffe\U0010ffff\u2028",
)


def make_word(generator: random.Random) -> str:
    """A word of one script, or of all; one in twenty is endless."""
    script = generator.choice((*SCRIPTS, SCRIPTS[0], "".join(SCRIPTS)))
    length = generator.randint(100, 1500) if generator.random() < 0.05 else generator.randint(1, 12)
    return "".join(generator.choices(script, k=length))


def make_text(generator: random.Random) -> str:
    """Mostly some words, now and then none, many, or one letter with all accents."""
    kind = generator.random()
    if kind < 0.02:
        return generator.choice(["", " ", "\u200b" * 1200, "a" + "\u0301" * 800])
    if kind < 0.03:
        return " ".join(generator.choices("abcdefgh", k=generator.choice((60, 120, 250, 300))))
    return " ".join(make_word(generator) for _ in range(generator.randint(1, 8)))


def make_request(generator: random.Random) -> tuple[dict[str, str], str]:
    """A body and the picture that is asked for."""
    body = {
        "source": make_text(generator),
        "target": make_text(generator),
        "source_lang": "en",
        "target_lang": "pt",
        "alignment": generator.choice(["links", "links", "matrix", "full"]),
        "offset_unit": generator.choice(["codepoint", "utf16", "utf8"]),
    }
    return body, generator.choice(["image/png", "image/svg+xml"])


async def run(
    num_requests: int, *, num_warm_up: int = 100, num_clients: int = 4, seed: int = 0
) -> tuple[Counter[int], float]:
    """Ask, watch, and return how often each status came and by how many MiB memory grew at most."""
    settings = Settings(models=(ModelSettings(id="starter/en-pt", target_batch=64),))
    generator, statuses = random.Random(seed), Counter[int]()
    async with in_process_client(settings) as client:
        await _ask(client, num_warm_up, generator, statuses, num_clients=num_clients, report=lambda _: None)
        start = resident_bytes(os.getpid()) / MIB
        await _ask(
            client, num_requests, generator, statuses, num_clients=num_clients, report=_reporter(start)
        )
    return statuses, _peak_mib() - start


async def _ask(
    client: httpx.AsyncClient,
    num_requests: int,
    generator: random.Random,
    statuses: Counter[int],
    *,
    num_clients: int,
    report: Callable[[int], None],
) -> None:
    numbers = iter(range(num_requests))

    async def ask() -> None:
        for number in numbers:
            body, accept = make_request(generator)
            response = await client.post("/v1/align", json=body, headers={"Accept": accept})
            statuses[response.status_code] += 1
            if response.status_code not in EXPECTED:
                print(response.status_code, response.text, ascii(body)[:500], file=sys.stderr)
            report(number)

    await asyncio.gather(*(ask() for _ in range(num_clients)))


def _reporter(start_mib: float) -> Callable[[int], None]:
    started = time.perf_counter()

    def report(number: int) -> None:
        if number % 500 == 0:
            now = resident_bytes(os.getpid()) / MIB
            print(
                f"{time.perf_counter() - started:.0f} s, {number} requests: {now:.0f} MiB, "
                f"{now - start_mib:+.0f}, at most {_peak_mib() - start_mib:+.0f}",
                file=sys.stderr,
                flush=True,
            )

    return report


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Parse the command line and run."""
    parser = parser_of(__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=4, help="requests under way at once")
    parser.add_argument("--limit-mib", type=float, default=300.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    statuses, growth_mib = asyncio.run(run(options.requests, num_clients=options.clients, seed=options.seed))
    print("answers: " + ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items())))
    print(f"memory grew by at most {growth_mib:.0f} MiB")
    sys.exit(not (set(statuses) <= EXPECTED and growth_mib <= options.limit_mib))


if __name__ == "__main__":
    main()
