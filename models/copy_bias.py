"""A head start for copying: tokens that continue the source where the output has got to score higher.

A small decoder that copies a sentence loses its place in it, above all at rare words and names. So every
token that follows the last output token somewhere in the source has a constant added to its score, before
the softmax. The weights are trained with it, and so have learnt when not to follow (a fixed form of the
copying distribution of pointer-generators, See et al. 2017).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise


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
