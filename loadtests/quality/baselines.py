"""Summaries without a model, from the same sentences for all: the first ones, or the most central ones."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import numpy as np

from crosslate.service.pipeline.summarization.extraction.features import cosines_of
from loadtests.quality.texts import source_units
from loadtests.summary_scores import Example, by_visits, central_in_walk
from training.gap_sentences import content_words

Summarize = Callable[[str], str]
MIN_WORDS = 4
"""Greetings, headings and the cells of tables are shorter, and no baseline takes them for sentences."""
SIMILARITY_THRESHOLD = 0.1


def lex_rank(example: Example, count: int = 1) -> list[int]:
    """The indices of the sentences that are most central, in their order."""
    return sorted(by_lex_rank(example)[:count])


def by_lex_rank(example: Example) -> list[int]:
    """The sentences' indices, the most central first in a graph of tf-idf cosines above a threshold.

    The continuous LexRank of Erkan and Radev (2004), but that no sentence vouches for itself.
    A word's rarity is taken among the text's own sentences.
    """
    words = [content_words(sentence) for sentence in example.sentences]
    frequency = Counter(word for sentence in words for word in sentence)
    rarity = {word: math.log(1 + len(words) / n) for word, n in frequency.items()}
    cosines = cosines_of(words, rarity)
    return by_visits(np.where(cosines > SIMILARITY_THRESHOLD, cosines, 0.0).astype(np.float32))


def first(example: Example, count: int = 1) -> list[int]:
    """The indices of the first sentences."""
    return list(range(min(count, len(example.sentences))))


def _of_units(rank: Callable[[Example, int], list[int]], count: int) -> Summarize:
    def summarize(text: str) -> str:
        # A sentence a line: some, as the items of lists, have no full stop to tell where they end.
        sentences = _sentences(text)
        return "\n".join(sentences[i] for i in rank(Example(sentences, []), count))

    return summarize


def _sentences(text: str) -> list[str]:
    units = source_units(text)
    return [unit for unit in units if len(unit.split()) >= MIN_WORDS] or units


BASELINES: dict[str, Summarize] = {
    f"{name}-{count}": _of_units(rank, count)
    for name, rank in (("lead", first), ("LexRank", lex_rank), ("TextRank", central_in_walk))
    for count in (1, 3)
}
