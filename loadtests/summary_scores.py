"""What is measured of summaries: ROUGE, baselines to stand beside, and what a small model gets wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from rouge_score.rouge_scorer import RougeScorer  # type: ignore[import-untyped]
from rouge_score.tokenizers import DefaultTokenizer  # type: ignore[import-untyped]

from crosslate.models.arrays import FloatArray
from crosslate.service.pipeline.summarization.extraction.features import overlaps_of
from training.gap_sentences import content_words

MEASURES = ("rouge1", "rouge2", "rougeL")
DAMPING, ITERATIONS = 0.85, 30
LOOP_WORDS = 4


class _RememberingTokenizer:
    """With stems, which take most of the time."""

    def __init__(self) -> None:
        self.tokenize = lru_cache(maxsize=64)(DefaultTokenizer(use_stemmer=True).tokenize)


_SCORER = RougeScorer(list(MEASURES), use_stemmer=True)
_WORD_SCORER = RougeScorer(list(MEASURES[:2]), tokenizer=_RememberingTokenizer())
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


def shared_words(sentence: str, references: Sequence[str]) -> tuple[float, float]:
    """F1 of ROUGE-1 and -2, as `rouge`'s; quicker for many sentences beside the same references."""
    scores = [_WORD_SCORER.score(reference, sentence) for reference in references]
    best = [max(score[measure].fmeasure for score in scores) for measure in MEASURES[:2]]
    return best[0], best[1]


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
    return by_visits(overlaps_of([content_words(sentence) for sentence in example.sentences]))


def by_visits(weights: FloatArray) -> list[int]:
    """Indices, those first that a random walk along `weights` `(N, N)` visits most."""
    totals = weights.sum(axis=1)
    steps = weights / np.where(totals > 0, totals, 1.0)[:, None]
    ranks = np.ones(len(weights))
    for _ in range(ITERATIONS):
        ranks = 1 - DAMPING + DAMPING * ranks @ steps
    # Those that are visited as often, but for rounding, in order.
    return sorted(range(len(weights)), key=lambda i: (-round(float(ranks[i]), 6), i))


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
