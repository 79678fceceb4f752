"""BLEU and chrF of a running server, one request a sentence, many at once.

    python -m loadtests.eval_bleu FOLDER --from en --to pt --url http://127.0.0.1:8000

FOLDER has one file a language, one sentence a line, such as `flores.en` and `flores.pt`.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from pathlib import Path

import httpx
import sacrebleu

from loadtests.arguments import add_pair, parser_of

_TIMEOUT_S = 300.0


def read_side(folder: Path, lang: str) -> list[str]:
    files = sorted(folder.glob(f"*.{lang}"))
    if len(files) != 1:
        raise FileNotFoundError(f"{folder}: expected one file *.{lang}, found {len(files)}")
    return files[0].read_text(encoding="utf-8").splitlines()


async def translate_all(sources: list[str], options: argparse.Namespace) -> list[str]:
    places = asyncio.Semaphore(options.concurrency)
    limits = httpx.Limits(max_connections=options.concurrency)
    generation = {} if options.num_beams is None else {"num_beams": options.num_beams}

    async with httpx.AsyncClient(base_url=options.url, timeout=_TIMEOUT_S, limits=limits) as client:

        async def one(text: str) -> str:
            body = {
                "text": text,
                "source_lang": options.source_lang,
                "target_lang": options.target_lang,
                "model": options.model,
                "split_sentences": not options.whole_lines,
                "generation": generation,
            }
            async with places:
                answer = await client.post("/v1/translate", json=body)
            answer.raise_for_status()
            return str(answer.json()["translations"][0]["text"])

        return list(await asyncio.gather(*(one(text) for text in sources)))


async def run(options: argparse.Namespace) -> None:
    sources = read_side(options.folder, options.source_lang)[: options.limit]
    references = read_side(options.folder, options.target_lang)[: options.limit]
    if len(sources) != len(references):
        raise ValueError(f"{options.folder}: {len(sources)} source lines, {len(references)} target lines")
    started = time.perf_counter()
    translations = await translate_all(sources, options)
    seconds = time.perf_counter() - started
    bleu = sacrebleu.corpus_bleu(translations, [references])
    chrf = sacrebleu.corpus_chrf(translations, [references])
    print(
        f"{options.source_lang} to {options.target_lang}: BLEU {bleu.score:.1f}, chrF {chrf.score:.1f}, "
        f"{len(sources)} sentences at {len(sources) / seconds:.1f}/s with {options.concurrency} at once"
    )


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("folder", type=Path)
    add_pair(parser, concurrency=32)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--num-beams", type=int)
    parser.add_argument("--whole-lines", action="store_true", help="do not split lines into sentences")
    parser.add_argument("--limit", type=int, help="only the first sentences")
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
