"""How good a map is, without anybody's links: by agreement, and by what was copied.

Two models that translate a pair in opposite directions attend in their own ways; where both give the same
links, these are seldom wrong (Liang et al. 2006 train by this, Chen et al. 2020 choose layers by it). A head
that looks at the neighbour of the right word, whatever the direction, agrees with its like as well: copies
show that it is a neighbour.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from crosslate.models.alignment.alignment import are_linked, strongest
from crosslate.models.arrays import FloatArray
from crosslate.service.calibration.candidates import Candidate, Reading


@dataclass(frozen=True, slots=True)
class Score:
    """Shares in 0..1: of each candidate (C,), of each of the other direction (D,), and of both (C, D).

    Without another direction D is 1, and `copies_back` None.
    """

    agreement: FloatArray
    copies: FloatArray
    copies_back: FloatArray | None

    @property
    def values(self) -> FloatArray:
        """`(C, D)`: agreement, times the copies that are linked, a mean of both directions' (geometric)."""
        if self.copies_back is None:
            return self.agreement * self.copies[:, None]
        return self.agreement * np.sqrt(np.outer(self.copies, self.copies_back))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What candidates have of one pair or of several; shapes as in `Score`."""

    agreed: FloatArray
    """Links that both directions have, of the strongest of each word."""
    num_words: int
    """Of both texts together: so many links there could be."""
    right: FloatArray
    """Copies that are linked."""
    right_back: FloatArray | None
    num_copies: int

    def __add__(self, other: Counts) -> Counts:
        back = None
        if self.right_back is not None and other.right_back is not None:
            back = self.right_back + other.right_back
        return Counts(
            agreed=self.agreed + other.agreed,
            num_words=self.num_words + other.num_words,
            right=self.right + other.right,
            right_back=back,
            num_copies=self.num_copies + other.num_copies,
        )

    @property
    def score(self) -> Score:
        """By these counts."""
        return Score(
            agreement=2 * self.agreed / np.float32(max(self.num_words, 1)),
            copies=_share(self.right, self.num_copies),
            copies_back=None if self.right_back is None else _share(self.right_back, self.num_copies),
        )


def _share(right: FloatArray, num_copies: int) -> FloatArray:
    """Of few copies little is known: Laplace's rule, which says one half where there is none."""
    return (right + 1) / np.float32(num_copies + 2)


def count_both(
    reading: Reading, candidates: Sequence[Candidate], back: Reading, candidates_back: Sequence[Candidate]
) -> Counts:
    """Of two models that read a pair in opposite directions."""
    links = _links(reading.word_maps(candidates))
    # (D, Sw, Tw) -> (D, Tw, Sw)
    links_back = _links(back.word_maps(candidates_back)).transpose(0, 2, 1)
    return Counts(
        # (C, Tw * Sw) @ (Tw * Sw, D)
        agreed=links.reshape(len(links), -1) @ links_back.reshape(len(links_back), -1).T,
        num_words=sum(links.shape[1:]),
        right=_num_right(links, reading),
        right_back=_num_right(links_back, reading),
        num_copies=len(reading.anchors),
    )


def count_alone(reading: Reading, candidates: Sequence[Candidate]) -> Counts:
    """Of one model: its map agrees with itself where two words are each other's strongest."""
    maps = reading.word_maps(candidates)
    links = _links(maps)
    # (C, Sw, Tw) -> (C, Tw, Sw)
    claimed = strongest(maps.transpose(0, 2, 1)).transpose(0, 2, 1)
    return Counts(
        agreed=(links * claimed).sum(axis=(1, 2))[:, None],
        num_words=sum(links.shape[1:]),
        right=_num_right(links, reading),
        right_back=None,
        num_copies=len(reading.anchors),
    )


def resampled(counts: Sequence[Counts], num_samples: int) -> Iterator[Score]:
    """Scores of samples of the pairs, each as large as they are and drawn from them (Efron 1979)."""
    chance = np.random.default_rng(0)
    for _ in range(num_samples):
        drawn = chance.integers(len(counts), size=len(counts))
        yield reduce(operator.add, (counts[i] for i in drawn)).score


def _links(maps: FloatArray) -> FloatArray:
    """`(C, Tw, Sw)` -> 1 for each target word's strongest link, of those that an answer would have, else 0.

    A map that is too vague for any has none, even if its largest weights are where they should be.
    """
    return (strongest(maps) & are_linked(maps)).astype(np.float32)


def _num_right(links: FloatArray, reading: Reading) -> FloatArray:
    """Copies that each candidate's links `(C, Tw, Sw)` have: `(C,)`."""
    if not reading.anchors:
        return np.zeros(len(links), dtype=np.float32)
    targets, sources = zip(*reading.anchors, strict=True)
    found: FloatArray = links[:, list(targets), list(sources)].sum(axis=1)
    return found
