"""ROUGE of a summarizer beside lead and TextRank, and how far its summaries can be found in their sources.

    python -m loadtests.eval_summaries FOLDER --model starter/summarize-en

Every `dev.jsonl` and `heldout.jsonl` under FOLDER is a set: lines with `source` (a text, or its sentences)
and `target` (a summary, or several); a `kind` in them divides a file into sets. The summaries come from the
whole pipeline, in this process, without a server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from crosslate.service.pipeline.summarization.types import SummaryLength
from loadtests.quality.baselines import lex_rank
from loadtests.summary_scores import Example, Scores, lead, measure, text_rank
from training.gap_sentences import split_sentences

if TYPE_CHECKING:
    from crosslate.models.engine.request import GenerationParams

BATCH_SIZE = 16
HEADER = " " * 27 + "R-1    R-2    R-L copied %  loops  empty  words"


def read_sets(folder: Path) -> dict[str, list[Example]]:
    sets: dict[str, list[Example]] = defaultdict(list)
    for file in sorted([*folder.rglob("dev.jsonl"), *folder.rglob("heldout.jsonl")]):
        for line in file.read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if "source" not in record or "target" not in record:
                break
            source, target = record["source"], record["target"]
            sentences = split_sentences(source) if isinstance(source, str) else source
            references = [target] if isinstance(target, str) else target
            sets[record.get("kind", file.parent.name)].append(Example(sentences, references))
    return sets


def summarize(model: str, texts: list[str], length: SummaryLength, params: GenerationParams) -> list[str]:
    """Through the whole pipeline, in this process."""
    from crosslate.service.local import open_pipeline, settings_for
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
    print(f"\n{name}: {len(examples)} texts")
    print(HEADER)
    print(row("model", measure(summaries, examples)))
    print(row("lead-1", measure((lead(e, 1) for e in examples), examples)))
    print(row("lead-3", measure((lead(e, 3) for e in examples), examples)))
    central = [[e.sentences[i] for i in lex_rank(e)] for e in examples]
    print(row("LexRank", measure(map(" ".join, central), examples)))
    print(row("TextRank", measure(map(text_rank, examples), examples)), flush=True)
    for example, summary in list(zip(examples, summaries, strict=True))[:shown]:
        print(f"\n  {example.text[:300]}...\n  = {example.references[0]}\n  > {summary}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="starter/summarize-en")
    parser.add_argument("--length", choices=get_args(SummaryLength), default="short")
    parser.add_argument("--limit", type=int, help="so many texts of each set")
    parser.add_argument("--beams", type=int, help="instead of what the model's own configuration says")
    parser.add_argument("--length-penalty", type=float)
    parser.add_argument("--min-tokens", type=int)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N summaries of each set")
    options = parser.parse_args()
    sets = read_sets(options.folder)
    if not sets:
        parser.error(f"{options.folder} holds no dev.jsonl or heldout.jsonl with source and target")
    from crosslate.models.engine.request import GenerationParams

    params = GenerationParams(
        num_beams=options.beams, length_penalty=options.length_penalty, min_new_tokens=options.min_tokens
    )
    for name, examples in sets.items():
        chosen = examples[: options.limit]
        texts = [example.text for example in chosen]
        summaries = summarize(options.model, texts, options.length, params)
        report(name, chosen, summaries, options.show)


if __name__ == "__main__":
    main()
