"""What survives a translation, over HTTP or with the starter models in this process.

    python -m loadtests.eval_fidelity --url http://127.0.0.1:8000
    python -m loadtests.eval_fidelity --kind placeholders --show

The texts are those of `tests/data/fidelity`, whose README has the rules. `flagged` is what is lost and named
by a warning, `in general` what is lost from an answer that only has warnings that name no place.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from loadtests.arguments import parser_of
from loadtests.fidelity.items import FOLDER, Item, read_items
from loadtests.fidelity.rules import Answer, Case, Span, other_texts
from loadtests.fidelity.survival import Outcome, changes, count, failures, outcome_of, read, table, write

_TIMEOUT_S = 120.0


async def evaluate(items: Sequence[Item], client: httpx.AsyncClient, concurrency: int) -> list[Outcome]:
    """Translate every text, as many at once as `concurrency` says, and look at what became of it."""
    places = asyncio.Semaphore(concurrency)

    async def one(item: Item) -> Outcome:
        async with places:
            answer = await translate(client, item, item.text)
            others = {text: (await translate(client, item, text)).text for text in other_texts(item)}
        return outcome_of(Case(item, answer, others))

    return list(await asyncio.gather(*(one(item) for item in items)))


async def translate(client: httpx.AsyncClient, item: Item, text: str) -> Answer:
    """One text, as an item's is."""
    body = {"text": text, "source_lang": item.source_lang, "target_lang": item.target_lang}
    if item.format != "text":  # which other services need not know
        body["format"] = item.format
    response = await client.post("/v1/translate", json=body)
    response.raise_for_status()
    found = response.json()["translations"][0]
    return Answer(
        text=found["text"],
        segments=[_span(segment["source"]) for segment in found["segments"]],
        warnings=[_place(warning) for warning in found["warnings"]],
    )


def _place(warning: Any) -> Span | None:  # noqa: ANN401  (JSON: words, or an object)
    return _span(warning["source"]) if isinstance(warning, dict) and warning.get("source") else None


def _span(pair: Sequence[int]) -> Span:
    start, end = pair
    return start, end


@asynccontextmanager
async def local_client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of the service's application in this process, with the starters that translate."""
    from crosslate.models.checkpoints.model_files import starter_names
    from crosslate.service.loading.model_choice import STARTER_SUMMARIZERS
    from crosslate.service.settings.config import ModelSettings, Settings
    from loadtests.in_process import in_process_client

    names = [name for name in starter_names() if not name.startswith(STARTER_SUMMARIZERS)]
    settings = Settings(models=tuple(ModelSettings(id=name, num_engines=1) for name in names))
    async with in_process_client(settings) as client:
        yield client


async def run(options: argparse.Namespace) -> None:
    items = read_items(options.folder, options.kind)
    if options.url is None:
        async with local_client() as client:
            outcomes = await evaluate(items, client, options.concurrency)
    else:
        async with httpx.AsyncClient(base_url=options.url, timeout=_TIMEOUT_S) as client:
            outcomes = await evaluate(items, client, options.concurrency)
    before = None if options.baseline is None else read(options.baseline)
    print(table(outcomes, None if before is None else count(before)))
    if before is not None:
        print(f"\n{changes(outcomes, before) or 'Nothing else is lost or kept than before.'}")
    if options.show:
        print(f"\n{failures(outcomes)}")
    if options.output is not None:
        write(outcomes, options.output)


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--url", help="of a running server; otherwise the models are loaded here")
    parser.add_argument("--kind", help="only the texts of this kind")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="another test set of the same form")
    parser.add_argument("--show", action="store_true", help="the texts that lost something")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write what became of each text")
    parser.add_argument("--baseline", type=Path, metavar="FILE", help="compare with what that run wrote")
    parser.add_argument("--concurrency", type=int, default=8)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
