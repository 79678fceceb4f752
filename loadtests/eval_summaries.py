"""ROUGE of a summarizer beside lead and TextRank, and how far its summaries can be found in their sources.

    python -m loadtests.eval_summaries FOLDER --model starter/summarize-en

Every `dev.jsonl` and `heldout.jsonl` under FOLDER is a set: lines with `source` (a text, or its sentences)
and `target` (a summary, or several); a `kind` in them divides a file into sets. The model is loaded here,
without a server; texts beyond its window are left out, and counted.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from loadtests.summary_scores import Example, Scores, lead, measure, text_rank
from training.gap_sentences import split_sentences

if TYPE_CHECKING:
    from models.engine.request import GenerationParams
    from models.loading import LoadedModel

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


def summarize(model: LoadedModel, texts: list[str], params: GenerationParams) -> list[str | None]:
    """None for a text beyond the window."""
    from models.engine.request import GenerationRequest

    engine = model.make_engine()
    ids = [model.tokenizer.encode_source(text) for text in texts]
    summaries: list[str | None] = [None] * len(texts)
    fitting = [i for i, source in enumerate(ids) if len(source) <= model.max_source_tokens]
    fitting.sort(key=lambda i: len(ids[i]))
    for start in range(0, len(fitting), BATCH_SIZE):
        batch = fitting[start : start + BATCH_SIZE]
        outputs = engine.generate([GenerationRequest(source_ids=ids[i], params=params) for i in batch])
        for i, output in zip(batch, outputs, strict=True):
            summaries[i] = model.tokenizer.decode(output.token_ids)
    return summaries


def row(name: str, scores: Scores) -> str:
    one, two, longest = scores.rouge
    return (
        f"{name:24}{one:6.1f} {two:6.1f} {longest:6.1f} {scores.copied:8.1f} {scores.loops:6}"
        f" {scores.empty:6} {scores.words:6.1f}"
    )


def report(name: str, examples: list[Example], summaries: list[str | None], shown: int) -> None:
    kept = [(e, s) for e, s in zip(examples, summaries, strict=True) if s is not None]
    fitting = [example for example, _ in kept]
    print(f"\n{name}: {len(fitting)} texts, {len(examples) - len(fitting)} beyond the window")
    print(HEADER)
    print(row("model", measure((s for _, s in kept), fitting)))
    print(row("lead-1", measure((lead(e, 1) for e in fitting), fitting)))
    print(row("lead-3", measure((lead(e, 3) for e in fitting), fitting)))
    print(row("TextRank", measure(map(text_rank, fitting), fitting)), flush=True)
    for example, summary in kept[:shown]:
        print(f"\n  {example.text[:300]}...\n  = {example.references[0]}\n  > {summary}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="starter/summarize-en")
    parser.add_argument("--limit", type=int, help="so many texts of each set")
    parser.add_argument("--beams", type=int, help="instead of what the model's own configuration says")
    parser.add_argument("--length-penalty", type=float)
    parser.add_argument("--min-tokens", type=int)
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N summaries of each set")
    options = parser.parse_args()
    sets = read_sets(options.folder)
    if not sets:
        parser.error(f"{options.folder} holds no dev.jsonl or heldout.jsonl with source and target")
    from models.engine.request import GenerationParams
    from models.loading import load_model

    model = load_model(options.model)
    params = GenerationParams(
        num_beams=options.beams, length_penalty=options.length_penalty, min_new_tokens=options.min_tokens
    )
    for name, examples in sets.items():
        chosen = examples[: options.limit]
        summaries = summarize(model, [example.text for example in chosen], params)
        report(name, chosen, summaries, options.show)


if __name__ == "__main__":
    main()
