"""A model that copies: what it may write next depends on where its source went on after the same token.

A small decoder that copies a sentence loses its place in it, above all at rare words and names. Two things
help. Every token that follows the last output token somewhere in the source has a constant added to its
score, before the softmax (a fixed form of the copying distribution of pointer-generators, See et al. 2017).
And words stay whole: a piece from within a word is impossible elsewhere, and a word that has been begun, of
which the source has no shorter form, is finished.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class CopyRule:
    """How a model favours what continues its source."""

    bias: float
    """nats added to the scores of tokens that do"""
    inner_pieces: frozenset[int] = frozenset()
    """those from within words, which have to"""
    common_inner_pieces: frozenset[int] = frozenset()
    """of these, the ones that every source allows"""


class SourceContinuations:
    """Which tokens follow each token of a source."""

    def __init__(self, source_ids: Sequence[int]) -> None:
        following: defaultdict[int, set[int]] = defaultdict(set)
        for token, next_token in pairwise(source_ids):
            following[token].add(next_token)
        self._following = {token: sorted(tokens) for token, tokens in following.items()}

    def after(self, token: int) -> Sequence[int]:
        """Sorted, without repetitions; empty where the token ends the source or is not in it."""
        return self._following.get(token, ())
