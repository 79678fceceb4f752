"""How often the heaviest source of a summary sentence is the sentence that it nearly copies.

    python -m loadtests.eval_summary_alignment FILE.jsonl --model starter/summarize-en

Each line of FILE has `source`: a text, or its sentences. A summary sentence is a near copy of the source
sentence with which its ROUGE-L is highest, and at least 0.8. The model is loaded here, without a server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]

from crosslate.models.tokenizers.tokenizer import Span
from crosslate.service.loading import local
from crosslate.service.pipeline.summarization.reading.sentences import read_prose
from crosslate.service.pipeline.summarization.summarizer import Summarizer
from crosslate.service.pipeline.summarization.types import SummaryRequest, SummaryResult

_NEAR_COPY = 0.8
_SCORER = RougeScorer(["rougeL"])


@dataclass(slots=True)
class Counts:
    """Of summary sentences."""

    all: int = 0
    near_copies: int = 0
    right: int = 0
    mass: float = 0.0
    """On the right sentences, summed over the near copies."""

    def add(self, text: str, result: SummaryResult) -> None:
        if result.alignment is None or not result.chunks:
            return
        spans = [sentence.span for sentence in read_prose(text, "en", {})]
        for sentence in result.alignment.sentences:
            self.all += 1
            copied = copied_sentences(result.text[slice(*sentence.target)], text, spans)
            if copied:
                self.near_copies += 1
                self.right += bool(sentence.sources) and sentence.sources[0].source in copied
                self.mass += max((s.mass for s in sentence.sources if s.source in copied), default=0.0)


def copied_sentences(sentence: str, text: str, spans: list[Span]) -> set[Span]:
    """The source sentences that this one is nearest to, if near enough; several if they are alike."""
    scores = [_SCORER.score(text[start:end], sentence)["rougeL"].fmeasure for start, end in spans]
    best = max(scores, default=0.0)
    return {span for span, score in zip(spans, scores, strict=True) if score == best >= _NEAR_COPY}


async def evaluate(texts: list[str], summarizer: Summarizer, length: str, concurrency: int) -> Counts:
    counts = Counts()
    places = asyncio.Semaphore(concurrency)

    async def one(text: str) -> None:
        request = SummaryRequest(text=text, length=length, alignment="sentences")  # type: ignore[arg-type]
        async with places:
            counts.add(text, await summarizer.summarize(request))

    await asyncio.gather(*(one(text) for text in texts))
    return counts


def read_texts(file: Path) -> list[str]:
    sources = [json.loads(line)["source"] for line in file.read_text(encoding="utf-8").splitlines()]
    return [source if isinstance(source, str) else " ".join(source) for source in sources]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--model", default="starter/summarize-en")
    parser.add_argument("--config", type=Path)
    parser.add_argument("--length", choices=("short", "medium", "long", "auto"), default="auto")
    parser.add_argument("--limit", type=int, help="only the first texts")
    parser.add_argument("--concurrency", type=int, default=16)
    options = parser.parse_args()
    texts = read_texts(options.file)[: options.limit]
    settings = local.settings_for(options.config, options.model)
    with local.open_pipeline(settings.models, settings, report=lambda _: None) as pipeline:
        counts = asyncio.run(evaluate(texts, pipeline.summarizer, options.length, options.concurrency))
    found = max(counts.near_copies, 1)
    print(
        f"{len(texts)} texts, {counts.all} summary sentences, {counts.near_copies} near copies: "
        f"the right sentence first in {counts.right / found:.1%}, with a mass of {counts.mass / found:.2f}"
    )


if __name__ == "__main__":
    main()
