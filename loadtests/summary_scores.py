"""What is measured of summaries: ROUGE, baselines to stand beside, and what a small model gets wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]

from training.gap_sentences import content_words, similarity

MEASURES = ("rouge1", "rouge2", "rougeL")
DAMPING, ITERATIONS = 0.85, 30
LOOP_WORDS = 4
_SCORER = RougeScorer(list(MEASURES), use_stemmer=True)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Example:
    """A text in sentences and what people wrote as its summary, in one or more ways."""

    sentences: list[str]
    references: list[str]

    @property
    def text(self) -> str:
        """The source as one text."""
        return " ".join(self.sentences)


@dataclass(frozen=True, slots=True)
class Scores:
    """Means over a set, in percent; counts of faults."""

    rouge: tuple[float, float, float]
    copied: float
    """Share of content words that occur in the source."""
    loops: int
    empty: int
    words: float
    """Mean length of a summary."""


def rouge(summary: str, references: Sequence[str]) -> tuple[float, float, float]:
    """F1 of ROUGE-1, -2 and -L with the reference that each likes best."""
    scores = [_SCORER.score(reference, summary) for reference in references]
    best = [max(score[measure].fmeasure for score in scores) for measure in MEASURES]
    return best[0], best[1], best[2]


def copied_share(summary: str, text: str) -> float:
    """How many of the summary's content words occur in the text; 1 where it has none."""
    words = content_words(summary)
    held = content_words(text).keys()
    return sum(n for word, n in words.items() if word in held) / max(words.total(), 1) if words else 1.0


def has_loop(summary: str) -> bool:
    """Whether any four words come twice in the same order."""
    words = _WORD.findall(summary.lower())
    grams = Counter(zip(*(words[i:] for i in range(LOOP_WORDS)), strict=False))
    return any(count > 1 for count in grams.values())


def measure(summaries: Iterable[str], examples: Sequence[Example]) -> Scores:
    """Of one system's summaries of `examples`."""
    made = list(summaries)
    scored = [rouge(s, example.references) for s, example in zip(made, examples, strict=True)]
    count = len(made)
    means = [100 * sum(score[i] for score in scored) / count for i in range(3)]
    shares = [copied_share(s, example.text) for s, example in zip(made, examples, strict=True)]
    return Scores(
        rouge=(means[0], means[1], means[2]),
        copied=100 * sum(shares) / count,
        loops=sum(map(has_loop, made)),
        empty=sum(not s.strip() for s in made),
        words=sum(len(s.split()) for s in made) / count,
    )


def central_in_walk(example: Example, count: int = 1) -> list[int]:
    """The indices of the sentences that TextRank finds most central, in their order."""
    return sorted(by_walk(example)[:count])


def by_walk(example: Example) -> list[int]:
    """The sentences' indices, those first that a random walk along shared words visits most.

    TextRank (Mihalcea and Tarau 2004).
    """
    words = [content_words(sentence) for sentence in example.sentences]
    weights = [[similarity(a, b) if a is not b else 0.0 for b in words] for a in words]
    totals = [sum(row) for row in weights]
    ranks = [1.0] * len(words)
    for _ in range(ITERATIONS):
        ranks = [
            1
            - DAMPING
            + DAMPING * sum(w[i] / t * r for w, t, r in zip(weights, totals, ranks, strict=True) if t)
            for i in range(len(words))
        ]
    return sorted(range(len(words)), key=lambda i: -ranks[i])


def as_long_as(example: Example, order: Sequence[int], num_words: int) -> str:
    """A summary of about `num_words`: the sentences that come first in `order`, but in the text's own."""
    chosen: list[int] = []
    missing = num_words
    for index in order:
        length = len(example.sentences[index].split())
        if chosen and length > 2 * missing:
            break
        chosen.append(index)
        missing -= length
    return " ".join(example.sentences[i] for i in sorted(chosen))
