"""Reading word alignments off cross-attention: token maps, word maps, links. Numpy only.

Matrices hold targets in rows and sources in columns, `(T, S)`; spans are in code points of the two texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from crosslate.models.alignment.alignment_config import AlignmentConfig
from crosslate.models.arrays import FloatArray
from crosslate.models.tokenizers.tokenizer import Span

_NEGLIGIBLE_MASS = 1e-6
_TINY = np.finfo(np.float32).tiny
"""Divided by in the place of 0, which is the sum of zeros only."""

# Measured on the XL-WA en-pt development set in both directions; the error rate is flat around it.
DIRECTED_THRESHOLD = 0.35
_CLEAR = 0.5


@dataclass(frozen=True, slots=True)
class TokenMap:
    """Attention between visible tokens: `matrix` `(T, S)`, rows sum to 1, special columns are zero.

    `sink_mass` `(T,)` is what each row had on special tokens before they were masked; `seen` `(T,)` is the
    share that it had on the others, 0 where that was next to nothing.
    """

    matrix: FloatArray
    sink_mass: FloatArray
    seen: FloatArray


class WordLink(NamedTuple):  # there are many: a frozen dataclass takes twice as long to make
    """Indices of a source and a target word that belong together; `score` in 0..1."""

    source: int
    target: int
    score: float


def mask_special(attention: FloatArray, source_spans: Sequence[Span | None]) -> TokenMap:
    """Take the mass away from source tokens without text (end, language tags) and renormalise `(..., T, S)`.

    A row that had next to nothing elsewhere is spread evenly: it says nothing.
    """
    matrix, kept = _renormalised(attention, source_spans)
    sink_mass: FloatArray = (attention.sum(axis=-1) - kept).clip(0.0, 1.0)
    # In half precision rows do not quite sum to 1.
    seen: FloatArray = kept / (kept + sink_mass).clip(_NEGLIGIBLE_MASS)
    seen = np.where(kept < _NEGLIGIBLE_MASS, np.float32(0), seen)
    return TokenMap(matrix=matrix, sink_mass=sink_mass, seen=seen.astype(np.float32, copy=False))


def visible_map(attention: FloatArray, source_spans: Sequence[Span | None]) -> FloatArray:
    """The `matrix` of `mask_special`, for who asks for nothing else."""
    return _renormalised(attention, source_spans)[0]


def _renormalised(
    attention: FloatArray, source_spans: Sequence[Span | None]
) -> tuple[FloatArray, FloatArray]:
    """The matrix, and the mass that its rows had on visible tokens."""
    visible = np.array([span is not None for span in source_spans], dtype=np.float32)
    masked: FloatArray = attention * visible
    kept: FloatArray = np.add.reduce(masked, axis=-1)
    totals = kept
    if kept.size and np.minimum.reduce(kept, axis=None) < _NEGLIGIBLE_MASS:
        masked[kept < _NEGLIGIBLE_MASS] = visible
        totals = np.add.reduce(masked, axis=-1)
    divisors: FloatArray = np.maximum(totals, _TINY)
    return masked / divisors[..., None], kept


def membership(words: Sequence[Span], token_spans: Sequence[Span | None]) -> FloatArray:
    """Which token belongs to which word, by overlap: `(W, N)`, columns of visible tokens sum to 1.

    A token across several words is shared equally; one that touches no word belongs to none.
    """
    places: list[int] = []
    shares: list[float] = []
    num_tokens = len(token_spans)
    first, num_words = 0, len(words)
    for column, span in enumerate(token_spans):
        if span is None:
            continue
        start, end = span
        while first < num_words and words[first][1] <= start:
            first += 1
        last = first
        while last < num_words and words[last][0] < end:
            last += 1
        for row in range(first, last):
            places.append(row * num_tokens + column)
            shares.append(1.0 / (last - first))
    matrix = np.zeros((num_words, num_tokens), dtype=np.float32)
    matrix.put(places, shares)
    return matrix


def word_map(
    matrix: FloatArray, *, sources: FloatArray, targets: FloatArray, copies: Iterable[tuple[int, int]] = ()
) -> FloatArray:
    """Token map to word map: summed over a source word's pieces, averaged over a target word's pieces.

    `sources` `(Sw, S)` and `targets` `(Tw, T)` are memberships. Rows of the `(Tw, Sw)` result still sum
    to 1, except those of words that no token stands for: these are zero.

    `copies` are pairs of a target and a source token that cover the same words, several of them, such as
    `(3)`: what one gives to the other goes from each word to itself, not to all in equal shares.
    """
    shares = row_normalised(targets)
    # (Tw, T) @ (T, S) @ (S, Sw) -> (Tw, Sw)
    words: FloatArray = (shares @ matrix @ sources.T).astype(np.float32, copy=False)
    for target, source in copies:
        rows, columns = np.flatnonzero(targets[:, target]), np.flatnonzero(sources[:, source])
        given = shares[rows, target, None] * matrix[target, source]
        words[np.ix_(rows, columns)] += given * (np.eye(len(rows), dtype=np.float32) - 1.0 / len(rows))
    return np.maximum(words, np.float32(0))


def word_means(values: FloatArray, *, targets: FloatArray) -> FloatArray:
    """Mean of each target word's pieces, `(T,) -> (Tw,)`, as of sink mass; `targets` is their membership."""
    # BLAS computes with what stands behind arrays so small, and numpy warns of what it finds there.
    means: FloatArray = np.add.reduce(row_normalised(targets) * values, axis=-1)
    return means


def contested(words: FloatArray) -> FloatArray:
    """How strongly two words belong together, `(..., Tw, Sw)` in 0..1, seen from both of them.

    The geometric mean of a target word's share in a source word and of a source word's share in that
    target word. A word map alone gives every target word its links, also those that only attend to a
    neighbour for want of anything better: there the source word is claimed more strongly by another.
    """
    totals = np.add.reduce(words, axis=-2, keepdims=True)
    return np.sqrt(words * (words / np.maximum(totals, _TINY)))


def selected_map(attention: FloatArray, config: AlignmentConfig) -> FloatArray:
    """`(L, H, T, S) -> (T, S)`: what `config.selection` would have given; that itself as it is."""
    if attention.ndim == 2:
        return attention
    layer: FloatArray = attention[config.layer]
    heads = layer if config.heads is None else layer[list(config.heads)]
    return heads.mean(axis=0)


def directed_links(words: FloatArray) -> list[WordLink]:
    """Links from one direction, see `are_linked`; their score is how strong they are when contested."""
    if words.size == 0:
        return []
    strengths = contested(words)
    return _links(are_linked(words, strengths), strengths)


def are_linked(words: FloatArray, strengths: FloatArray | None = None) -> npt.NDArray[np.bool_]:
    """Which words `(..., Tw, Sw)` one direction links: strong when contested, else clearly attended to.

    Precision and recall are both higher than those of the strongest link of each target word: on XL-WA
    the error rate is 15.0 instead of 16.5 from English to Portuguese, 13.4 instead of 14.0 back. `strengths`
    are those of `contested`, where they are known.
    """
    chosen: npt.NDArray[np.bool_] = (
        contested(words) if strengths is None else strengths
    ) >= DIRECTED_THRESHOLD
    is_linked = np.logical_or.reduce(chosen, axis=-1, keepdims=True)
    if np.logical_and.reduce(is_linked, axis=None):
        return chosen
    is_clear = words.max(axis=-1, keepdims=True) >= _CLEAR
    return chosen | (strongest(words) & is_clear & ~is_linked)


def strongest(words: FloatArray) -> npt.NDArray[np.bool_]:
    """Each target word's source word that it attends to most, the first of equal ones: `(..., Tw, Sw)`."""
    found = np.zeros(words.shape, dtype=bool)
    np.put_along_axis(found, words.argmax(axis=-1)[..., None], True, axis=-1)
    return found


def agreement(forward: FloatArray, reverse: FloatArray) -> FloatArray:
    """How strongly `(Tw, Sw)` and `(Sw, Tw)` both link two words: the geometric mean, `(Tw, Sw)`."""
    return np.sqrt(contested(forward) * contested(reverse).T)


def symmetric_links(forward: FloatArray, reverse: FloatArray, *, threshold: float) -> list[WordLink]:
    """Links that both directions support, `(Tw, Sw)` and `(Sw, Tw)`: geometric mean of their strengths."""
    strengths = agreement(forward, reverse)
    return _links(strengths >= threshold, strengths)


def _links(chosen: npt.NDArray[np.bool_], strengths: FloatArray) -> list[WordLink]:
    targets, sources = chosen.nonzero()
    scores: list[float] = np.minimum(strengths[targets, sources], np.float32(1)).tolist()
    return [
        WordLink(source, target, score)
        for source, target, score in zip(sources.tolist(), targets.tolist(), scores, strict=True)
    ]


def force_final_punctuation(words: FloatArray) -> FloatArray:
    """The word map with last target word and last source word linked to each other only."""
    forced = words.copy()
    forced[:, -1] = 0.0
    forced = row_normalised(forced)
    forced[-1] = 0.0
    forced[-1, -1] = 1.0
    return forced


def pharaoh(links: Iterable[WordLink]) -> str:
    """`0-0 1-2 …`: 0-based word indices, source first, in order."""
    return " ".join(f"{i}-{j}" for i, j in sorted((link.source, link.target) for link in links))


def row_normalised(matrix: FloatArray) -> FloatArray:
    """The matrix, or matrices `(..., T, S)`, with rows that sum to 1; those of zeros stay so."""
    totals: FloatArray = np.maximum(np.add.reduce(matrix, axis=-1, keepdims=True), _TINY)
    return matrix / totals
