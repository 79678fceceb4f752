"""More abstracts out of few: the same summary, the source without some of its other sentences.

Two thousand abstracts are seen a dozen times in an hour of training. With sentences left out no two of those
times are alike, so that the model learns which sentence to pick rather than where it stood.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from training.gap_sentences import content_words, similarity, split_sentences
from training.pairs import Pair

KIND = "scitldr"
MIN_SENTENCES = 4
MAX_SHARE_DROPPED = 0.5


def with_variants(pairs: Sequence[Pair], num_variants: int, seed: int = 0) -> list[Pair]:
    """All pairs, and of each abstract so many shortened ones."""
    rng = random.Random(seed)
    variants = (
        variant for pair in pairs if pair.kind == KIND for variant in _shortened(pair, num_variants, rng)
    )
    return [*pairs, *variants]


def _shortened(pair: Pair, num_variants: int, rng: random.Random) -> Iterator[Pair]:
    """Variants without up to half of the sentences; the one nearest to the summary always stays."""
    sentences = split_sentences(pair.source)
    if len(sentences) < MIN_SENTENCES:
        return
    target = content_words(pair.target)
    needed = max(range(len(sentences)), key=lambda i: similarity(content_words(sentences[i]), target))
    others = [i for i in range(len(sentences)) if i != needed]
    for _ in range(num_variants):
        dropped = set(rng.sample(others, rng.randint(1, int(MAX_SHARE_DROPPED * len(others)))))
        kept = (sentence for i, sentence in enumerate(sentences) if i not in dropped)
        yield Pair(pair.kind, " ".join(kept), pair.target)
