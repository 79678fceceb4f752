"""ROUGE of a summarizer beside lead, LexRank and TextRank, and how far its summaries are in their sources.

    python -m loadtests.eval_summaries FOLDER --length short auto

Which files under FOLDER are sets, `loadtests/summary_sets.py` says. The summaries come from the whole
pipeline, in this process, without a server. The baselines stand beside them with one sentence, lead with
three, too, and each with as many as make a summary of the same length.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from crosslate.service.pipeline.summarization.types import SummaryLength
from loadtests.quality.baselines import by_lex_rank
from loadtests.summary_scores import Example, Scores, as_long_as, by_walk, measure
from loadtests.summary_sets import read_sets

if TYPE_CHECKING:
    from crosslate.models.engine.request import GenerationParams

BATCH_SIZE = 16
HEADER = " " * 27 + "R-1    R-2    R-L copied %  loops  empty  words"


def summarize(model: str, texts: list[str], length: SummaryLength, params: GenerationParams) -> list[str]:
    """Through the whole pipeline, in this process."""
    from crosslate.service.loading.local import open_pipeline, settings_for
    from crosslate.service.pipeline.summarization.types import SummaryRequest
    from crosslate.service.pipeline.types import Allowance

    settings = settings_for(None, model)
    requests = [SummaryRequest(text=text, model=model, length=length, params=params) for text in texts]
    with open_pipeline(settings.models, settings, lambda _: None) as pipeline:

        async def summaries() -> list[str]:
            found: list[str] = []
            for start in range(0, len(requests), BATCH_SIZE):
                batch = requests[start : start + BATCH_SIZE]
                results = await pipeline.summarizer.summarize_all(batch, Allowance(timeout_s=None))
                found += (result.text for result in results)
            return found

        return asyncio.run(summaries())


def row(name: str, scores: Scores) -> str:
    one, two, longest = scores.rouge
    return (
        f"{name:24}{one:6.1f} {two:6.1f} {longest:6.1f} {scores.copied:8.1f} {scores.loops:6}"
        f" {scores.empty:6} {scores.words:6.1f}"
    )


def report(name: str, examples: list[Example], summaries: list[str], shown: int) -> None:
    """One set, at one length."""
    print(f"\n{name}: {len(examples)} texts")
    print(HEADER)
    print(row("model", measure(summaries, examples)))
    lengths = [len(summary.split()) for summary in summaries]
    orders = {
        "lead": [list(range(len(e.sentences))) for e in examples],
        "LexRank": list(map(by_lex_rank, examples)),
        "TextRank": list(map(by_walk, examples)),
    }
    for system, found in orders.items():
        for count in (1, 3) if system == "lead" else (1,):
            made = [
                " ".join(e.sentences[i] for i in sorted(o[:count]))
                for e, o in zip(examples, found, strict=True)
            ]
            print(row(f"{system}-{count}", measure(made, examples)))
    for system, found in orders.items():
        made = list(map(as_long_as, examples, found, lengths))
        print(row(f"{system}, as long", measure(made, examples)), flush=True)
    for example, summary in list(zip(examples, summaries, strict=True))[:shown]:
        print(f"\n  {example.text[:300]}...\n  = {example.references[0]}\n  > {summary}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="starter/summarize-en")
    parser.add_argument("--length", nargs="+", choices=get_args(SummaryLength), default=["short"])
    parser.add_argument("--limit", type=int, help="so many texts of each set")
    parser.add_argument("--beams", type=int, help="instead of what the model's own configuration says")
    parser.add_argument("--length-penalty", type=float)
    parser.add_argument("--min-tokens", type=int)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N summaries of each set")
    options = parser.parse_args()
    sets = read_sets(options.folder)
    if not sets:
        parser.error(f"{options.folder} holds no set of texts with summaries")
    from crosslate.models.engine.request import GenerationParams

    params = GenerationParams(
        num_beams=options.beams, length_penalty=options.length_penalty, min_new_tokens=options.min_tokens
    )
    for name, examples in sets.items():
        chosen = examples[: options.limit]
        texts = [example.text for example in chosen]
        for length in options.length:
            summaries = summarize(options.model, texts, length, params)
            report(f"{name}, {length}", chosen, summaries, options.show)


if __name__ == "__main__":
    main()
