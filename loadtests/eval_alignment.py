"""Alignment error rate against manual word links, over HTTP or with models in this process.

    python -m loadtests.eval_alignment GOLD --from en --to pt --url http://127.0.0.1:8000
    python -m loadtests.eval_alignment GOLD --from en --to pt --level symmetric

GOLD is a file or a folder of `*.tsv`: source, target, `i-j` links (`ipj`: possible), tab-separated, tokens
separated by one blank.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from loadtests.alignment_gold import (
    GoldPair,
    LinkCounts,
    Span,
    count,
    interval,
    read_gold,
    score,
    to_gold_tokens,
)
from loadtests.arguments import add_pair, parser_of

Aligner = Callable[[GoldPair], Awaitable[list[tuple[Span, Span]]]]
_TIMEOUT_S = 120.0


def http_aligner(client: httpx.AsyncClient, options: argparse.Namespace) -> Aligner:
    async def align(pair: GoldPair) -> list[tuple[Span, Span]]:
        body = {
            "source": pair.source,
            "target": pair.target,
            "source_lang": options.source_lang,
            "target_lang": options.target_lang,
            "model": options.model,
            "alignment": options.level,
            "hard_links": options.hard_links,
        }
        answer = await client.post("/v1/align", json=body)
        answer.raise_for_status()
        return [
            ((link["source"][0], link["source"][1]), (link["target"][0], link["target"][1]))
            for link in answer.json()["alignment"]["links"]
        ]

    return align


def local_aligner(options: argparse.Namespace) -> Aligner:
    from crosslate.service.loading.loading import load_local_model
    from crosslate.service.pipeline.engines.catalog import ModelCatalog
    from crosslate.service.pipeline.translation.translator import Translator
    from crosslate.service.pipeline.types import AlignRequest, Allowance
    from crosslate.service.settings.config import ModelSettings

    names = [options.model] if options.model else ["starter/en-pt", "starter/pt-en"]
    translator = Translator(ModelCatalog([load_local_model(ModelSettings(id=name)).served for name in names]))

    async def align(pair: GoldPair) -> list[tuple[Span, Span]]:
        request = AlignRequest(
            source=pair.source,
            target=pair.target,
            source_lang=options.source_lang,
            target_lang=options.target_lang,
            alignment=options.level,
            hard_links=options.hard_links,
        )
        _, result = await translator.align(request, Allowance(timeout_s=_TIMEOUT_S))
        return [(link.source, link.target) for link in result.links]

    return align


async def evaluate(pairs: list[GoldPair], align: Aligner, concurrency: int) -> list[LinkCounts]:
    places = asyncio.Semaphore(concurrency)

    async def one(pair: GoldPair) -> LinkCounts:
        async with places:
            return count(pair, to_gold_tokens(pair, await align(pair)))

    return list(await asyncio.gather(*(one(pair) for pair in pairs)))


async def run(options: argparse.Namespace) -> None:
    pairs = read_gold(options.gold, one_based=options.one_based)
    if options.url is None:
        counts = await evaluate(pairs, local_aligner(options), options.concurrency)
    else:
        async with httpx.AsyncClient(base_url=options.url, timeout=_TIMEOUT_S) as client:
            counts = await evaluate(pairs, http_aligner(client, options), options.concurrency)
    total, (low, high) = score(counts), interval(counts)
    hard = f", hard ({options.hard_links})" if options.hard_links else ""
    print(
        f"{options.level}{hard}: AER {total.error_rate:.1f} % (95 % interval {low:.1f} to {high:.1f}), "
        f"precision {total.precision:.1f} %, recall {total.recall:.1f} %, {len(pairs)} pairs"
    )


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("gold", type=Path)
    add_pair(parser, concurrency=8)
    parser.add_argument("--level", choices=["links", "symmetric"], default="links")
    parser.add_argument("--hard-links", choices=["free", "monotone"], help="one for each target word at most")
    parser.add_argument("--url", help="of a running server; otherwise the models are loaded here")
    parser.add_argument("--one-based", action="store_true", help="the gold counts from 1 (talp)")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
