"""Which pairs are trained on, in which order: rounds of a mix of kinds, in batches of like lengths."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from crosslate.models.arrays import IntArray
from crosslate.models.engine.scores.copy_rule import SourceContinuations
from crosslate.models.layers.layers import START
from crosslate.models.tokenizers.tokenizer import Tokenizer
from training.network import IGNORED, Batch
from training.pairs import Pair

MAX_SOURCE_TOKENS = 512
MAX_TARGET_TOKENS = 120
ROUND_TOKENS = 400_000
NUM_FREQUENT = 4000
BROAD = {"gap": 0.52, "scitldr": 0.24, "scitldr-sentence": 0.08, "description": 0.11, "legal": 0.05}
FINAL = {"gap": 0.28, "scitldr": 0.55, "scitldr-sentence": 0.05, "description": 0.07, "legal": 0.05}
"""Shares of the source tokens: first to learn what carries over, at last more of what people wrote."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Token ids, `</s>` included."""

    source: list[int]
    target: list[int]


def tokenize_pairs(pairs: Sequence[Pair], tokenizer: Tokenizer) -> dict[str, list[TokenPair]]:
    """By kind; pairs that do not fit the window are left out."""
    found: dict[str, list[TokenPair]] = defaultdict(list)
    for pair in pairs:
        tokens = TokenPair(tokenizer.encode_source(pair.source), tokenizer.encode_source(pair.target))
        if len(tokens.source) <= MAX_SOURCE_TOKENS and len(tokens.target) <= MAX_TARGET_TOKENS:
            found[pair.kind].append(tokens)
    return found


def frequent_tokens(pairs: Mapping[str, Sequence[TokenPair]]) -> list[int]:
    """The tokens that targets use most."""
    counts = Counter(token for kind in pairs.values() for pair in kind for token in pair.target)
    return [token for token, _ in counts.most_common(NUM_FREQUENT)]


class PairStream:
    """Endless pairs of each kind; every pair is used once before any is used again."""

    def __init__(self, pairs: Mapping[str, Sequence[TokenPair]], seed: int) -> None:
        self._pairs = pairs
        self._rng = random.Random(seed)
        self._waiting: dict[str, list[TokenPair]] = {kind: [] for kind in pairs}

    def round(self, mix: Mapping[str, float]) -> list[TokenPair]:
        """About `ROUND_TOKENS` source tokens, the kinds in these shares."""
        chosen: list[TokenPair] = []
        for kind, share in mix.items():
            tokens = 0.0
            while tokens < share * ROUND_TOKENS:
                if not self._waiting[kind]:
                    self._waiting[kind] = list(self._pairs[kind])
                    self._rng.shuffle(self._waiting[kind])
                chosen.append(self._waiting[kind].pop())
                tokens += len(chosen[-1].source)
        return chosen

    def micro_batches(self, mix: Mapping[str, float], max_tokens: int) -> Iterator[list[TokenPair]]:
        """The round, shuffled, in groups of sources of like length with up to `max_tokens` together."""
        by_length = sorted(self.round(mix), key=lambda pair: len(pair.source) + self._rng.uniform(0, 16))
        groups: list[list[TokenPair]] = [[]]
        tokens = 0
        for pair in by_length:
            if groups[-1] and tokens + len(pair.source) > max_tokens:
                groups.append([])
                tokens = 0
            groups[-1].append(pair)
            tokens += len(pair.source)
        self._rng.shuffle(groups)
        return iter(groups)


def make_batch(pairs: Sequence[TokenPair], frequent: Sequence[int]) -> Batch:
    """Lay out one micro-batch over its own vocabulary."""
    source = np.concatenate([np.array(pair.source) for pair in pairs])
    targets = [np.array(pair.target) for pair in pairs]
    vocabulary = np.unique(np.concatenate([np.array(frequent), source, *targets]))
    longest = max(len(target) for target in targets)
    inputs = np.full((len(pairs), longest), 0)
    labels = np.full((len(pairs), longest), IGNORED)
    for row, target in enumerate(targets):
        local = np.searchsorted(vocabulary, target)
        labels[row, : len(local)] = local
        inputs[row, 1 : len(local)] = local[:-1]
    inputs[:, 0] = START
    return Batch(
        vocabulary=torch.from_numpy(vocabulary),
        continuing=_continuing(pairs, vocabulary),
        source=torch.from_numpy(np.searchsorted(vocabulary, source)),
        source_lengths=[len(pair.source) for pair in pairs],
        inputs=torch.from_numpy(inputs),
        labels=torch.from_numpy(labels),
    )


def _continuing(pairs: Sequence[TokenPair], vocabulary: IntArray) -> Tensor:
    """(3, N) pair, step and row of `vocabulary` of every token that copying may choose at a step."""
    found: list[tuple[int, int, int]] = []
    for row, pair in enumerate(pairs):
        continuations = SourceContinuations(pair.source)
        for step, previous in enumerate(pair.target[:-1], start=1):
            found += [(row, step, token) for token in continuations.after(previous)]
    if not found:
        return torch.empty(3, 0, dtype=torch.int64)
    rows, steps, tokens = zip(*found, strict=True)
    return torch.from_numpy(np.array([rows, steps, np.searchsorted(vocabulary, tokens)]))
